"""A person's progress page, and removal from the list, over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from server.cases.service import add_event, newest_case
from server.core.database import Services
from server.forms.catalogue import pin_form
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
    ok,
    required_answers,
    rows,
    save,
    start,
    submit_request,
    upload,
)


def get_progress(me: Someone, person: UUID) -> dict[str, Any]:
    page: dict[str, Any] = ok(me.get(f"/v1/people/{person}/progress")).json()
    return page


def test_new_child_has_no_case_and_a_form_to_start(me: Someone) -> None:
    person = add_child(me)
    page = get_progress(me, person)
    assert (page["name"], page["born"]) == ("Ivo Larkspur-Dunne", "2018-03-14")
    assert (page["state"], page["state_words"], page["due_words"]) == (None, "No request yet", "")
    assert [stage["stage"] for stage in page["stages"]] == [
        "request",
        "assessment",
        "plan",
        "reviews",
    ]
    assert [form["form"] for form in page["to_start"]] == [FORM]
    assert page["forms"] == []


def test_deadlines_between_the_authority_and_others_are_not_shown(
    me: Someone, services: Services
) -> None:
    person = add_child(me)
    submit_request(me, person)
    due = get_progress(me, person)["due_words"]
    with services.transaction() as tx:
        case = newest_case(tx, person)
        assert case is not None
        day = case.received_on
        add_event(tx, case, EventKind.MOVE_LEARNED, day, day=day, reason="Rutland")
    page = get_progress(me, person)
    assert page["due_words"] == due
    assert "Transfer" not in str(page)


def test_page_offers_only_forms_that_can_be_started(me: Someone) -> None:
    person = add_child(me)
    assert get_progress(me, person)["now_words"].startswith("Start a request below")
    start(me, person)
    page = get_progress(me, person)
    assert page["state_words"] == "No request yet"
    assert page["now_words"].startswith("A form was started. Continue it below")
    adult = add_child(me, born="2001-03-02", first_name="Nell")
    page = get_progress(me, adult)
    assert page["to_start"] == []
    assert page["now_words"] == ("They are 25 or older, so a request can't be started any more.")


def test_draft_shows_completed_steps(me: Someone) -> None:
    person = add_child(me)
    submission = start(me, person)
    ok(save(me, submission, {"work_details": str(me.work)}))
    [row] = get_progress(me, person)["forms"]
    assert (row["submission"], row["state"], row["by_you"]) == (str(submission), "draft", True)
    assert (row["by"], row["steps"], row["editable"]) == ("Ada Senco", 8, True)
    # The step Over 18s does not apply to a child and counts as done.
    assert row["steps_done"] == 2


def test_request_starts_the_statutory_deadlines(me: Someone) -> None:
    person = add_child(me)
    submission = submit_request(me, person)
    page = get_progress(me, person)
    assert (page["state"], page["state_words"]) == ("submitted", "Request received")
    assert page["due"] == "2026-04-13"
    assert "13/04/2026" in page["due_words"]
    assert "42 days left" in page["due_words"]
    assert [
        (stage["current"], stage["done"], stage["reached_on"], stage["due"])
        for stage in page["stages"]
    ] == [
        (True, False, "2026-03-02", None),
        (False, False, None, "2026-04-13"),
        (False, False, None, "2026-06-22"),
        (False, False, None, None),
    ]
    [row] = page["forms"]
    assert (row["submission"], row["state"]) == (str(submission), "submitted")
    assert row["reference"]


def test_decision_completes_a_stage(me: Someone, services: Services, clock: Clock) -> None:
    person = add_child(me)
    submit_request(me, person)
    clock.move(minutes=20)
    add_events(services, person, EventKind.DECIDED_TO_ASSESS)
    page = get_progress(me, person)
    assert (page["state"], page["state_words"]) == ("assessing", "Assessing")
    assert [stage["done"] for stage in page["stages"]] == [True, False, False, False]
    assert [form["form"] for form in page["to_start"]] == []
    assert [form["editable"] for form in page["forms"]] == [False]
    with services.transaction() as tx:
        case = newest_case(tx, person)
        assert case is not None
        add_event(tx, case, EventKind.TRANSFERRED_OUT, reason="Nottingham City")
    left = get_progress(me, person)
    assert left["state_words"] == "Transferred"
    assert [stage["current"] for stage in left["stages"]] == [False, True, False, False]
    assert left["stages"][1] == page["stages"][1]


def test_refused_request_can_be_repeated(me: Someone, services: Services) -> None:
    person = add_child(me)
    submit_request(me, person)
    with services.transaction() as tx:
        case = newest_case(tx, person)
        assert case is not None
        add_event(tx, case, EventKind.REFUSED_TO_ASSESS, reason="No need was shown.")
    page = get_progress(me, person)
    assert page["state_words"] == "Not assessing"
    assert [form["form"] for form in page["to_start"]] == [FORM]
    submit_request(me, person)
    assert get_progress(me, person)["state"] == "submitted"
    assert len(get_progress(me, person)["forms"]) == 1


def test_person_aged_25_has_no_form_to_start(me: Someone) -> None:
    person = add_child(me, born="2001-03-02")
    assert get_progress(me, person)["to_start"] == []


def test_request_by_the_family_is_read_only(me: Someone, services: Services) -> None:
    person, family_request = add_child(me), uuid4()
    with services.transaction() as tx:
        pin_form(tx, "parent-request")
        tx.session.add(
            Submission(
                id=family_request,
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
                submission_id=family_request,
                number=1,
                submitted_at=tx.now,
                submitted_by="Dana Dunne",
                answers={"needs": "Reading"},
            )
        )
    [row] = get_progress(me, person)["forms"]
    assert (row["by"], row["by_you"], row["editable"]) == ("the family", False, False)
    versions = ok(me.get(f"/v1/submissions/{family_request}/versions")).json()
    assert (versions["submitted_by_you"], versions["versions"][0]["answers"]) == (
        False,
        {"needs": "Reading"},
    )
    assert code_of(me.get(f"/v1/submissions/{family_request}")) == "not_found"
    assert code_of(save(me, family_request, {"needs": "x"}, '"1"')) == "not_found"
    assert code_of(me.delete(f"/v1/submissions/{family_request}")) == "not_found"


def test_removal_deletes_drafts_only_on_confirmation(me: Someone) -> None:
    person = add_child(me)
    draft = start(me, person)
    submission = submit_request(me, person)
    assert me.get(f"/v1/people/{person}/removal").json() == {
        "drafts": 1,
        "submitted": 1,
        "documents": 0,
    }
    reply = me.delete(f"/v1/people/{person}")
    assert (reply.status_code, code_of(reply)) == (409, "draft_open")
    assert me.get(f"/v1/submissions/{draft}").status_code == 200
    assert me.delete(f"/v1/people/{person}", params={"drafts": True}).status_code == 204
    for path in (f"people/{person}", f"submissions/{draft}", f"submissions/{submission}"):
        assert code_of(me.get(f"/v1/{path}")) == "not_found"
    assert me.get("/v1/people", params={"view": "all"}).json()["total"] == 0


def test_submitted_form_is_kept_after_removal(me: Someone, services: Services) -> None:
    person = add_child(me)
    start(me, person)
    submission = submit_request(me, person)
    ok(save(me, submission, {"strengths": "An edit that was not submitted"}))
    ok(me.delete(f"/v1/people/{person}", params={"drafts": True}))
    assert [(row.id, row.state) for row in rows(services, Submission)] == [
        (submission, "submitted")
    ]
    assert len(rows(services, SubmissionVersion)) == 1


def test_removal_without_drafts_needs_no_confirmation(me: Someone) -> None:
    person = add_child(me)
    document = ok(upload(me, person)).json()["id"]
    assert me.delete(f"/v1/people/{person}").status_code == 204
    assert code_of(me.get(f"/v1/documents/{document}/content")) == "not_found"
    # The same child can be added again as a new person.
    assert me.post("/v1/people", json=child()).status_code == 201


def test_form_of_another_professional_cannot_be_filled(me: Someone, someone: Factory) -> None:
    other = someone(email="head@osierbeck.example")
    other_form = start(other)
    ok(save(other, other_form, required_answers(other)))
    assert code_of(save(me, other_form, {"strengths": "x"}, '"2"')) == "not_found"
