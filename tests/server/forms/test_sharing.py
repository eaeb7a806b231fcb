"""A draft shared among colleagues, handed over, and given to another by an officer, over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from server.core.database import Services
from server.forms.tables import StoredAnswer, StoredSave, Submission, SubmissionShare
from tests.advice import assess, request_advice
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import WORK, code_of
from tests.server.steps import (
    add_child,
    at,
    audit_of,
    done,
    required_answers,
    rows,
    save,
    share,
    start,
    stop_sharing,
    submit,
    submitted,
    upload,
    version_of,
)


def sharing(me: Someone, submission: UUID) -> dict[str, Any]:
    found: dict[str, Any] = done(me.get(f"{at(submission)}/sharing")).json()
    return found


def named(people: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in people]


def subjects(me: Someone) -> list[str]:
    return [row["subject"] for row in done(me.get("/v1/messages")).json()["rows"]]


def has(me: Someone, person: UUID) -> bool:
    """Whether a child is on somebody's list."""
    return me.get(f"/v1/people/{person}").is_success


def with_document(me: Someone) -> tuple[UUID, UUID, UUID]:
    """Start a form with a document in it; gives child, form and document."""
    person = add_child(me)
    submission = start(me, person)
    document = UUID(done(upload(me, person)).json()["id"])
    entry = {"id": uuid4().hex, "description": "other", "file": str(document)}
    done(save(me, submission, {"documents": [entry]}))
    return person, submission, document


def test_colleagues_are_who_works_at_the_same_organisation(
    me: Someone, bea: Someone, stranger: Someone
) -> None:
    told = sharing(me, start(me))
    assert (told["owner"], told["yours"], told["closed"]) == ("Ada Senco", True, "")
    assert (told["advice"], told["person_name"]) == (False, "Ivo Larkspur-Dunne")
    assert (named(told["shared_with"]), named(told["colleagues"])) == ([], ["Ada Bea"])


def test_a_shared_draft_is_on_the_colleague_s_list_and_both_write_in_it(
    me: Someone, bea: Someone, clock: Clock
) -> None:
    person = add_child(me)
    submission = start(me, person)
    done(save(me, submission, {"strengths": "Mine."}))
    clock.move(minutes=5)
    for _ in range(2):
        share(me, submission, bea)
    assert subjects(bea) == ["Ada Senco shared a form with you"]
    [row] = done(bea.get(f"/v1/people/{person}/progress")).json()["forms"]
    assert (row["by"], row["by_you"], row["shared"], row["editable"]) == (
        "Ada Senco",
        False,
        True,
        True,
    )
    clock.move(minutes=5)
    done(save(bea, submission, {"cognition": "Hers."}))
    told = sharing(me, submission)
    assert (named(told["shared_with"]), told["colleagues"]) == (["Ada Bea"], [])
    assert [(one["name"], one["words"], one["at"][11:16]) for one in told["contributors"]] == [
        ("Ada Senco", "started it", "10:42"),
        ("Ada Senco", "wrote in Academic progress", "10:42"),
        ("Ada Senco", "shared it", "10:47"),
        ("Ada Bea", "wrote in SEN needs", "10:52"),
    ]
    hers = sharing(bea, submission)
    assert (hers["yours"], hers["owner"]) == (False, "Ada Senco")
    assert hers["contributors"] == told["contributors"]


def test_two_in_one_draft_are_told_of_each_other(me: Someone, bea: Someone) -> None:
    submission = start(me)
    share(me, submission, bea)
    old = version_of(me, submission)
    done(save(bea, submission, {"strengths": "Hers."}))
    stale = save(me, submission, {"strengths": "Mine."}, old)
    assert (code_of(stale), stale.json()["changed_by"]) == ("stale", "Ada Bea")


def test_only_the_owner_shares_hands_over_withdraws_and_discards(
    me: Someone, bea: Someone, someone: Factory
) -> None:
    cyd = someone("cyd@osierbeck.example")
    submission = submitted(me)
    done(save(me, submission, {"strengths": "More."}))
    share(me, submission, bea)
    for refused in (
        bea.put(f"{at(submission)}/shares/{cyd.id}"),
        bea.delete(f"{at(submission)}/shares/{bea.id}"),
        bea.post(f"{at(submission)}/hand-over", json={"to": str(cyd.id)}),
        bea.post(f"{at(submission)}/withdraw"),
        bea.delete(at(submission)),
    ):
        assert (refused.status_code, code_of(refused)) == (409, "not_allowed")
    person = UUID(done(me.get(at(submission))).json()["person"])
    [row] = done(bea.get(f"/v1/people/{person}/progress")).json()["forms"]
    assert (row["editable"], row["withdrawable"]) == (True, False)


def test_nothing_is_shared_with_strangers_oneself_or_nobody(
    me: Someone, stranger: Someone, officer: Someone
) -> None:
    submission = start(me)
    for to in (stranger.id, me.id, officer.id, uuid4()):
        for refused in (
            me.put(f"{at(submission)}/shares/{to}"),
            me.post(f"{at(submission)}/hand-over", json={"to": str(to)}),
        ):
            assert (refused.status_code, code_of(refused)) == (404, "not_found")
    for refused in (
        stranger.get(f"{at(submission)}/sharing"),
        stranger.put(f"{at(submission)}/shares/{stranger.id}"),
    ):
        assert code_of(refused) == "not_found"


def test_a_share_taken_back_takes_the_form_and_its_documents(me: Someone, bea: Someone) -> None:
    person, submission, document = with_document(me)
    share(me, submission, bea)
    assert bea.get(f"/v1/documents/{document}").status_code == 200
    for _ in range(2):
        assert me.delete(f"{at(submission)}/shares/{bea.id}").status_code == 204
    assert code_of(bea.get(at(submission))) == "not_found"
    assert code_of(bea.get(f"/v1/documents/{document}")) == "not_found"
    assert not has(bea, person)
    assert me.get(f"/v1/documents/{document}").status_code == 200


def test_a_child_stays_on_the_list_of_whom_another_form_or_the_authority_gave_them(
    me: Someone, bea: Someone, officer: Someone
) -> None:
    person = add_child(me)
    first, second = start(me, person), start(me, person)
    for form in (first, second):
        share(me, form, bea)
    stop_sharing(me, first, bea)
    assert has(bea, person)
    assert me.delete(at(second)).status_code == 204
    assert not has(bea, person)
    share(me, first, bea)
    done(officer.post(f"/v1/desk/people/{person}/allocations", json={"account": str(bea.id)}))
    stop_sharing(me, first, bea)
    assert has(bea, person)


def test_a_document_of_another_form_shared_too_stays_readable(me: Someone, bea: Someone) -> None:
    person, submission, document = with_document(me)
    beside = start(me, person)
    entry = {"id": uuid4().hex, "description": "other", "file": str(document)}
    done(save(me, beside, {"documents": [entry]}))
    for one in (submission, beside):
        share(me, one, bea)
    stop_sharing(me, submission, bea)
    assert bea.get(f"/v1/documents/{document}").status_code == 200


def test_who_left_the_organisation_is_still_named_and_can_be_taken_off(
    me: Someone, bea: Someone
) -> None:
    submission = start(me)
    share(me, submission, bea)
    done(bea.put(f"/v1/account/work-details/{bea.work}", json=WORK | {"organisation": "Else"}))
    assert named(sharing(me, submission)["shared_with"]) == ["Ada Bea"]
    stop_sharing(me, submission, bea)
    told = sharing(me, submission)
    assert (told["shared_with"], told["colleagues"]) == ([], [])


def test_a_colleague_submits_with_the_owner_s_role_and_both_are_told(
    me: Someone, bea: Someone
) -> None:
    submission = start(me)
    done(save(me, submission, required_answers(me)))
    share(me, submission, bea)
    opened = done(bea.get(at(submission))).json()
    assert [card["id"] for card in opened["work_details"]] == [str(me.work), str(bea.work)]
    done(save(bea, submission, {"strengths": "Hers."}))
    done(submit(bea, submission))
    for who, by_you in ((me, False), (bea, True)):
        assert "Your request was received" in subjects(who)
        [version] = done(who.get(f"{at(submission)}/versions")).json()["versions"]
        assert (version["submitted_by"], version["by_you"]) == ("Ada Bea", by_you)
        assert version["work_details"]["id"] == str(me.work)
        assert version["written_by"]["strengths"] == "Ada Bea"
        assert version["written_by"]["contacts"] == "Ada Senco"


def test_one_person_s_work_names_nobody_at_each_answer(me: Someone) -> None:
    submission = submitted(me)
    [version] = done(me.get(f"{at(submission)}/versions")).json()["versions"]
    assert version["written_by"] == {}


def test_discarding_an_edit_leaves_what_was_not_edited_to_who_wrote_it(
    me: Someone, bea: Someone, services: Services
) -> None:
    submission = start(me)
    done(save(me, submission, required_answers(me)))
    share(me, submission, bea)
    done(save(bea, submission, {"strengths": "Hers."}))
    done(submit(me, submission))
    done(save(me, submission, {"cognition": "Edited."}))
    done(me.delete(at(submission)))
    wrote = {row.field: row.account_id for row in rows(services, StoredAnswer)}
    assert (wrote["strengths"], wrote["contacts"]) == (bea.id, me.id)
    assert "cognition" not in wrote


def test_a_shared_draft_is_discarded_whole(me: Someone, bea: Someone, services: Services) -> None:
    submission = start(me)
    share(me, submission, bea)
    done(save(bea, submission, {"strengths": "Hers."}))
    assert me.delete(at(submission)).status_code == 204
    for table in (Submission, SubmissionShare, StoredAnswer, StoredSave):
        assert rows(services, table) == []


def test_what_is_handed_over_is_the_colleague_s_with_its_documents(
    me: Someone, bea: Someone
) -> None:
    person, submission, document = with_document(me)
    share(me, submission, bea)
    done(me.post(f"{at(submission)}/hand-over", json={"to": str(bea.id)}))
    assert subjects(bea)[0] == "Ada Senco gave a form to you"
    told = sharing(bea, submission)
    assert (told["owner"], told["yours"], told["shared_with"]) == ("Ada Bea", True, [])
    assert "handed it over" in [one["words"] for one in told["contributors"]]
    assert bea.get(f"/v1/documents/{document}").status_code == 200
    assert code_of(me.get(at(submission))) == "not_found"
    share(bea, submission, me)
    assert done(me.get(f"/v1/people/{person}/progress")).json()["forms"][0]["shared"]


def test_what_is_closed_is_neither_shared_nor_handed_over(me: Someone, bea: Someone) -> None:
    submission = submitted(me)
    done(me.post(f"{at(submission)}/withdraw"))
    for refused in (
        me.put(f"{at(submission)}/shares/{bea.id}"),
        me.post(f"{at(submission)}/hand-over", json={"to": str(bea.id)}),
    ):
        assert (refused.status_code, code_of(refused)) == (409, "decided")
    assert sharing(me, submission)["closed"].startswith("This was withdrawn.")


def test_an_officer_gives_a_form_to_another_and_ends_what_was_shared(
    me: Someone, bea: Someone, stranger: Someone, officer: Someone, services: Services
) -> None:
    submission = submitted(me)
    share(me, submission, bea)
    to = f"/v1/desk/submissions/{submission}/reassign"
    for wrong in (officer.id, uuid4()):
        assert code_of(officer.post(to, json={"to": str(wrong)})) == "not_found"
    for _ in range(2):
        assert officer.post(to, json={"to": str(stranger.id)}).status_code == 204
    let = {
        line.action: (line.account_id, line.to_account_id)
        for line in audit_of(services)
        if line.to_account_id
    }
    assert let == {
        "form_shared": (me.id, bea.id),
        "form_share_ended": (officer.id, bea.id),
        "form_handed_over": (officer.id, stranger.id),
    }
    assert sharing(stranger, submission)["shared_with"] == []
    assert "A form was given to someone else" in subjects(me)
    for loser in (me, bea):
        assert code_of(loser.get(at(submission))) == "not_found"
    done(save(stranger, submission, {"strengths": "Anew."}))


def test_advice_that_is_given_to_another_takes_the_child_from_who_was_asked(
    me: Someone, bea: Someone, stranger: Someone, officer: Someone
) -> None:
    person = add_child(me)
    [(_, form)] = request_advice(officer, assess(officer, me, person), bea)
    assert has(bea, person)
    done(officer.post(f"/v1/desk/submissions/{form}/reassign", json={"to": str(stranger.id)}))
    assert (has(bea, person), has(stranger, person), has(me, person)) == (False, True, True)


def test_no_officer_sees_a_draft_s_sharing(me: Someone, officer: Someone) -> None:
    assert officer.get(f"{at(start(me))}/sharing").status_code == 403
