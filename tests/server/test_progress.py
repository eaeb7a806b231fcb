"""The progress page of a person, the family's request on it, and leaving my list, over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from server.cases.service import add_event, newest_case
from server.core.database import Services
from server.forms.catalogue import form_to_fill
from server.forms.submitting import new_reference
from server.forms.tables import Submission, SubmissionVersion
from shared.cases.events import EventKind
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import (
    FORM,
    add_child,
    add_events,
    child,
    done,
    required_answers,
    rows,
    save,
    start,
    submitted,
    upload,
)


def progress(me: Someone, person: UUID) -> dict[str, Any]:
    found: dict[str, Any] = done(me.get(f"/v1/people/{person}/progress")).json()
    return found


def test_a_new_child_has_no_case_and_a_form_to_start(me: Someone) -> None:
    person = add_child(me)
    told = progress(me, person)
    assert (told["name"], told["born"]) == ("Ivo Larkspur-Dunne", "2018-03-14")
    assert (told["state"], told["state_words"], told["due_words"]) == (None, "No request yet", "")
    assert [stage["stage"] for stage in told["stages"]] == [
        "request",
        "assessment",
        "plan",
        "reviews",
    ]
    assert [form["form"] for form in told["to_start"]] == [FORM]
    assert told["forms"] == []


def test_a_draft_shows_how_far_it_is(me: Someone) -> None:
    person = add_child(me)
    submission = start(me, person)
    done(save(me, submission, {"work_details": str(me.work)}))
    [row] = progress(me, person)["forms"]
    assert (row["submission"], row["state"], row["by_you"]) == (str(submission), "draft", True)
    assert (row["by"], row["steps"], row["editable"]) == ("Ada Senco", 8, True)
    # The step of over 18s does not apply to a child, and is never waited for.
    assert row["steps_done"] == 2


def test_a_request_starts_the_law_s_clock(me: Someone) -> None:
    person = add_child(me)
    submission = submitted(me, person)
    told = progress(me, person)
    assert (told["state"], told["state_words"]) == ("submitted", "Request received")
    assert told["due"] == "2026-04-13"
    assert "13/04/2026" in told["due_words"]
    assert "42 days left" in told["due_words"]
    assert [(s["current"], s["done"], s["reached_on"], s["due"]) for s in told["stages"]] == [
        (True, False, "2026-03-02", None),
        (False, False, None, "2026-04-13"),
        (False, False, None, "2026-06-22"),
        (False, False, None, "2026-07-20"),
    ]
    [row] = told["forms"]
    assert (row["submission"], row["state"]) == (str(submission), "submitted")
    assert row["reference"]


def test_each_decision_moves_the_stages_on(me: Someone, services: Services, clock: Clock) -> None:
    person = add_child(me)
    submitted(me, person)
    clock.move(minutes=20)
    add_events(services, person, EventKind.DECIDED_TO_ASSESS)
    told = progress(me, person)
    assert (told["state"], told["state_words"]) == ("assessing", "Assessing")
    assert [stage["done"] for stage in told["stages"]] == [True, False, False, False]
    assert [form["form"] for form in told["to_start"]] == []
    assert [form["editable"] for form in told["forms"]] == [False]


def test_a_refused_request_can_be_made_anew(me: Someone, services: Services) -> None:
    person = add_child(me)
    submitted(me, person)
    with services.transaction() as tx:
        case = newest_case(tx, person)
        assert case is not None
        add_event(tx, case, EventKind.REFUSED_TO_ASSESS, reason="No need was shown.")
    told = progress(me, person)
    assert told["state_words"] == "Not assessing"
    assert [form["form"] for form in told["to_start"]] == [FORM]
    submitted(me, person)
    assert progress(me, person)["state"] == "submitted"
    assert len(progress(me, person)["forms"]) == 1


def test_a_person_of_25_has_nothing_to_start(me: Someone) -> None:
    person = add_child(me, born="2001-03-02")
    assert progress(me, person)["to_start"] == []


def test_the_family_s_request_is_seen_and_not_edited(me: Someone, services: Services) -> None:
    person, family = add_child(me), uuid4()
    with services.transaction() as tx:
        form_to_fill(tx, "parent-request")
        tx.session.add(
            Submission(
                id=family,
                form="parent-request",
                form_version=1,
                person_id=person,
                state="submitted",
                reference=new_reference(tx),
                started_at=tx.now,
                saved_at=tx.now,
                submitted_at=tx.now,
            )
        )
        tx.session.flush()
        tx.session.add(
            SubmissionVersion(
                id=uuid4(),
                submission_id=family,
                number=1,
                submitted_at=tx.now,
                submitted_by="Dana Dunne",
                answers={"needs": "Reading"},
            )
        )
    [row] = progress(me, person)["forms"]
    assert (row["by"], row["by_you"], row["editable"]) == ("the family", False, False)
    told = done(me.get(f"/v1/submissions/{family}/versions")).json()
    assert (told["submitted_by_you"], told["versions"][0]["answers"]) == (
        False,
        {"needs": "Reading"},
    )
    assert code_of(me.get(f"/v1/submissions/{family}")) == "not_found"
    assert code_of(save(me, family, {"needs": "x"}, '"1"')) == "not_found"
    assert code_of(me.delete(f"/v1/submissions/{family}")) == "not_found"


def test_who_leaves_my_list_takes_drafts_along_only_when_told(me: Someone) -> None:
    person = add_child(me)
    draft = start(me, person)
    kept = submitted(me, person)
    assert me.get(f"/v1/people/{person}/removal").json() == {
        "drafts": 1,
        "submitted": 1,
        "documents": 0,
    }
    refused = me.delete(f"/v1/people/{person}")
    assert (refused.status_code, code_of(refused)) == (409, "draft_open")
    assert me.get(f"/v1/submissions/{draft}").status_code == 200
    assert me.delete(f"/v1/people/{person}", params={"drafts": True}).status_code == 204
    for gone in (f"people/{person}", f"submissions/{draft}", f"submissions/{kept}"):
        assert code_of(me.get(f"/v1/{gone}")) == "not_found"
    assert me.get("/v1/people", params={"view": "all"}).json()["total"] == 0


def test_what_was_submitted_stays_when_a_person_leaves_my_list(
    me: Someone, services: Services
) -> None:
    person = add_child(me)
    start(me, person)
    kept = submitted(me, person)
    done(save(me, kept, {"strengths": "An edit that was not submitted"}))
    done(me.delete(f"/v1/people/{person}", params={"drafts": True}))
    assert [(row.id, row.state) for row in rows(services, Submission)] == [(kept, "submitted")]
    assert len(rows(services, SubmissionVersion)) == 1


def test_a_person_with_a_document_and_without_drafts_just_leaves(me: Someone) -> None:
    person = add_child(me)
    document = done(upload(me, person)).json()["id"]
    assert me.delete(f"/v1/people/{person}").status_code == 204
    assert code_of(me.get(f"/v1/documents/{document}/content")) == "not_found"
    # The same child can be put on the list again, as a new one.
    assert me.post("/v1/people", json=child()).status_code == 201


def test_a_form_of_another_s_list_is_filled_by_its_author_alone(
    me: Someone, someone: Factory
) -> None:
    other = someone(email="head@osierbeck.example")
    theirs = start(other)
    done(save(other, theirs, required_answers(other)))
    assert code_of(save(me, theirs, {"strengths": "x"}, '"2"')) == "not_found"
