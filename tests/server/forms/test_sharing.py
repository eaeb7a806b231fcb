"""Sharing, handing over and reassigning a form over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from server.core.database import Services
from server.forms.tables import StoredAnswer, StoredSave, Submission, SubmissionShare
from tests.advice import assess, request_advice
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import WORK, code_of
from tests.server.steps import (
    add_child,
    audit_of,
    ok,
    required_answers,
    rows,
    save,
    share,
    start,
    stop_sharing,
    submission_path,
    submit,
    submit_request,
    upload,
    version_of,
)


def read_sharing(me: Someone, submission: UUID) -> dict[str, Any]:
    result: dict[str, Any] = ok(me.get(f"{submission_path(submission)}/sharing")).json()
    return result


def get_names(people: list[dict[str, Any]]) -> list[str]:
    return [person["name"] for person in people]


def list_subjects(me: Someone) -> list[str]:
    return [row["subject"] for row in ok(me.get("/v1/messages")).json()["rows"]]


def is_on_list(me: Someone, person: UUID) -> bool:
    """Return whether a child is on a professional's list."""
    return me.get(f"/v1/people/{person}").is_success


def start_with_document(me: Someone) -> tuple[UUID, UUID, UUID]:
    """Start a form with a document and return the ids of child, form and document."""
    person = add_child(me)
    submission = start(me, person)
    document = UUID(ok(upload(me, person)).json()["id"])
    entry = {"id": uuid4().hex, "description": "other", "file": str(document)}
    ok(save(me, submission, {"documents": [entry]}))
    return person, submission, document


def test_colleagues_are_professionals_of_the_same_organisation(
    me: Someone, bea: Someone, outsider: Someone
) -> None:
    sharing = read_sharing(me, start(me))
    assert (sharing["owner"], sharing["yours"], sharing["closed"]) == ("Ada Senco", True, "")
    assert (sharing["advice"], sharing["person_name"]) == (False, "Ivo Larkspur-Dunne")
    assert (get_names(sharing["shared_with"]), get_names(sharing["colleagues"])) == (
        [],
        ["Ada Bea"],
    )


def test_shared_draft_can_be_edited_by_both(me: Someone, bea: Someone, clock: Clock) -> None:
    person = add_child(me)
    submission = start(me, person)
    ok(save(me, submission, {"strengths": "Mine."}))
    clock.move(minutes=5)
    for _ in range(2):
        share(me, submission, bea)
    assert list_subjects(bea) == ["Ada Senco shared a form with you"]
    [row] = ok(bea.get(f"/v1/people/{person}/progress")).json()["forms"]
    assert (row["by"], row["by_you"], row["shared"], row["editable"]) == (
        "Ada Senco",
        False,
        True,
        True,
    )
    clock.move(minutes=5)
    ok(save(bea, submission, {"cognition": "Hers."}))
    sharing = read_sharing(me, submission)
    assert (get_names(sharing["shared_with"]), sharing["colleagues"]) == (["Ada Bea"], [])
    assert [
        (contributor["name"], contributor["words"], contributor["at"][11:16])
        for contributor in sharing["contributors"]
    ] == [
        ("Ada Senco", "started it", "10:42"),
        ("Ada Senco", "wrote in Academic progress", "10:42"),
        ("Ada Senco", "shared it", "10:47"),
        ("Ada Bea", "wrote in SEN needs", "10:52"),
    ]
    bea_sharing = read_sharing(bea, submission)
    assert (bea_sharing["yours"], bea_sharing["owner"]) == (False, "Ada Senco")
    assert bea_sharing["contributors"] == sharing["contributors"]


def test_stale_save_names_the_colleague(me: Someone, bea: Someone) -> None:
    submission = start(me)
    share(me, submission, bea)
    old = version_of(me, submission)
    ok(save(bea, submission, {"strengths": "Hers."}))
    stale = save(me, submission, {"strengths": "Mine."}, old)
    assert (code_of(stale), stale.json()["changed_by"]) == ("stale", "Ada Bea")


def test_only_the_owner_can_share_hand_over_withdraw_and_discard(
    me: Someone, bea: Someone, someone: Factory
) -> None:
    cyd = someone("cyd@osierbeck.example")
    submission = submit_request(me)
    ok(save(me, submission, {"strengths": "More."}))
    share(me, submission, bea)
    for reply in (
        bea.put(f"{submission_path(submission)}/shares/{cyd.id}"),
        bea.delete(f"{submission_path(submission)}/shares/{bea.id}"),
        bea.post(f"{submission_path(submission)}/hand-over", json={"to": str(cyd.id)}),
        bea.post(f"{submission_path(submission)}/withdraw"),
        bea.delete(submission_path(submission)),
    ):
        assert (reply.status_code, code_of(reply)) == (409, "not_allowed")
    person = UUID(ok(me.get(submission_path(submission))).json()["person"])
    [row] = ok(bea.get(f"/v1/people/{person}/progress")).json()["forms"]
    assert (row["editable"], row["withdrawable"]) == (True, False)


def test_form_can_be_shared_only_with_colleagues(
    me: Someone, outsider: Someone, officer: Someone
) -> None:
    submission = start(me)
    for recipient in (outsider.id, me.id, officer.id, uuid4()):
        for reply in (
            me.put(f"{submission_path(submission)}/shares/{recipient}"),
            me.post(f"{submission_path(submission)}/hand-over", json={"to": str(recipient)}),
        ):
            assert (reply.status_code, code_of(reply)) == (404, "not_found")
    for reply in (
        outsider.get(f"{submission_path(submission)}/sharing"),
        outsider.put(f"{submission_path(submission)}/shares/{outsider.id}"),
    ):
        assert code_of(reply) == "not_found"


def test_ending_a_share_revokes_access_to_form_and_documents(me: Someone, bea: Someone) -> None:
    person, submission, document = start_with_document(me)
    share(me, submission, bea)
    assert bea.get(f"/v1/documents/{document}").status_code == 200
    for _ in range(2):
        assert me.delete(f"{submission_path(submission)}/shares/{bea.id}").status_code == 204
    assert code_of(bea.get(submission_path(submission))) == "not_found"
    assert code_of(bea.get(f"/v1/documents/{document}")) == "not_found"
    assert not is_on_list(bea, person)
    assert me.get(f"/v1/documents/{document}").status_code == 200


def test_child_stays_on_the_list_through_another_form_or_allocation(
    me: Someone, bea: Someone, officer: Someone
) -> None:
    person = add_child(me)
    first, second = start(me, person), start(me, person)
    for form in (first, second):
        share(me, form, bea)
    stop_sharing(me, first, bea)
    assert is_on_list(bea, person)
    assert me.delete(submission_path(second)).status_code == 204
    assert not is_on_list(bea, person)
    share(me, first, bea)
    ok(officer.post(f"/v1/desk/people/{person}/allocations", json={"account": str(bea.id)}))
    stop_sharing(me, first, bea)
    assert is_on_list(bea, person)


def test_document_of_another_shared_form_stays_accessible(me: Someone, bea: Someone) -> None:
    person, submission, document = start_with_document(me)
    other_form = start(me, person)
    entry = {"id": uuid4().hex, "description": "other", "file": str(document)}
    ok(save(me, other_form, {"documents": [entry]}))
    for form in (submission, other_form):
        share(me, form, bea)
    stop_sharing(me, submission, bea)
    assert bea.get(f"/v1/documents/{document}").status_code == 200


def test_share_with_a_former_colleague_can_be_ended(me: Someone, bea: Someone) -> None:
    submission = start(me)
    share(me, submission, bea)
    ok(bea.put(f"/v1/account/work-details/{bea.work}", json=WORK | {"organisation": "Else"}))
    assert get_names(read_sharing(me, submission)["shared_with"]) == ["Ada Bea"]
    stop_sharing(me, submission, bea)
    sharing = read_sharing(me, submission)
    assert (sharing["shared_with"], sharing["colleagues"]) == ([], [])


def test_colleague_can_submit_with_the_owners_role(me: Someone, bea: Someone) -> None:
    submission = start(me)
    ok(save(me, submission, required_answers(me)))
    share(me, submission, bea)
    form = ok(bea.get(submission_path(submission))).json()
    assert [card["id"] for card in form["work_details"]] == [str(me.work), str(bea.work)]
    ok(save(bea, submission, {"strengths": "Hers."}))
    ok(submit(bea, submission))
    for account, by_you in ((me, False), (bea, True)):
        assert "Your request was received" in list_subjects(account)
        [version] = ok(account.get(f"{submission_path(submission)}/versions")).json()["versions"]
        assert (version["submitted_by"], version["by_you"]) == ("Ada Bea", by_you)
        assert version["work_details"]["id"] == str(me.work)
        assert version["written_by"]["strengths"] == "Ada Bea"
        assert version["written_by"]["contacts"] == "Ada Senco"


def test_answers_of_a_single_author_are_not_attributed(me: Someone) -> None:
    submission = submit_request(me)
    [version] = ok(me.get(f"{submission_path(submission)}/versions")).json()["versions"]
    assert version["written_by"] == {}


def test_discarding_an_edit_keeps_authors_of_other_answers(
    me: Someone, bea: Someone, services: Services
) -> None:
    submission = start(me)
    ok(save(me, submission, required_answers(me)))
    share(me, submission, bea)
    ok(save(bea, submission, {"strengths": "Hers."}))
    ok(submit(me, submission))
    ok(save(me, submission, {"cognition": "Edited."}))
    ok(me.delete(submission_path(submission)))
    authors = {row.field: row.account_id for row in rows(services, StoredAnswer)}
    assert (authors["strengths"], authors["contacts"]) == (bea.id, me.id)
    assert "cognition" not in authors


def test_discarding_a_shared_draft_deletes_everything(
    me: Someone, bea: Someone, services: Services
) -> None:
    submission = start(me)
    share(me, submission, bea)
    ok(save(bea, submission, {"strengths": "Hers."}))
    assert me.delete(submission_path(submission)).status_code == 204
    for table in (Submission, SubmissionShare, StoredAnswer, StoredSave):
        assert rows(services, table) == []


def test_handing_over_transfers_form_and_documents(me: Someone, bea: Someone) -> None:
    person, submission, document = start_with_document(me)
    share(me, submission, bea)
    ok(me.post(f"{submission_path(submission)}/hand-over", json={"to": str(bea.id)}))
    assert list_subjects(bea)[0] == "Ada Senco gave a form to you"
    sharing = read_sharing(bea, submission)
    assert (sharing["owner"], sharing["yours"], sharing["shared_with"]) == ("Ada Bea", True, [])
    assert "handed it over" in [contributor["words"] for contributor in sharing["contributors"]]
    assert bea.get(f"/v1/documents/{document}").status_code == 200
    assert code_of(me.get(submission_path(submission))) == "not_found"
    share(bea, submission, me)
    assert ok(me.get(f"/v1/people/{person}/progress")).json()["forms"][0]["shared"]


def test_closed_form_cannot_be_shared_or_handed_over(me: Someone, bea: Someone) -> None:
    submission = submit_request(me)
    ok(me.post(f"{submission_path(submission)}/withdraw"))
    for reply in (
        me.put(f"{submission_path(submission)}/shares/{bea.id}"),
        me.post(f"{submission_path(submission)}/hand-over", json={"to": str(bea.id)}),
    ):
        assert (reply.status_code, code_of(reply)) == (409, "decided")
    assert read_sharing(me, submission)["closed"].startswith("This was withdrawn.")


def test_reassigning_a_form_ends_its_shares(
    me: Someone, bea: Someone, outsider: Someone, officer: Someone, services: Services
) -> None:
    submission = submit_request(me)
    share(me, submission, bea)
    path = f"/v1/desk/submissions/{submission}/reassign"
    for recipient in (officer.id, uuid4()):
        assert code_of(officer.post(path, json={"to": str(recipient)})) == "not_found"
    for _ in range(2):
        assert officer.post(path, json={"to": str(outsider.id)}).status_code == 204
    entries = {
        entry.action: (entry.account_id, entry.to_account_id)
        for entry in audit_of(services)
        if entry.to_account_id
    }
    assert entries == {
        "form_shared": (me.id, bea.id),
        "form_share_ended": (officer.id, bea.id),
        "form_handed_over": (officer.id, outsider.id),
    }
    assert read_sharing(outsider, submission)["shared_with"] == []
    assert "A form was passed to someone else" in list_subjects(me)
    for previous_editor in (me, bea):
        assert code_of(previous_editor.get(submission_path(submission))) == "not_found"
    ok(save(outsider, submission, {"strengths": "Anew."}))


def test_reassigning_advice_moves_the_child_to_the_new_list(
    me: Someone, bea: Someone, outsider: Someone, officer: Someone
) -> None:
    person = add_child(me)
    [(_, form)] = request_advice(officer, assess(officer, me, person), bea)
    assert is_on_list(bea, person)
    ok(officer.post(f"/v1/desk/submissions/{form}/reassign", json={"to": str(outsider.id)}))
    assert (is_on_list(bea, person), is_on_list(outsider, person), is_on_list(me, person)) == (
        False,
        True,
        True,
    )


def test_officer_cannot_see_shares_of_a_draft(me: Someone, officer: Someone) -> None:
    assert officer.get(f"{submission_path(start(me))}/sharing").status_code == 403
