"""Advice over HTTP: requested, submitted, returned, withdrawn, accepted, cancelled."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from server.accounts.tables import StoredSession
from server.core.database import Services
from server.forms.tables import AdviceRequest
from shared.accounts import Staff
from tests.advice import ADVICE, TITLE, assess, find_form_row, minimal_advice, request_advice
from tests.parts import Clock, Factory, Someone
from tests.prepared import prepared_once
from tests.server.accounts.steps import code_of, pointers
from tests.server.desk.steps import (
    advice_body,
    create_case_in_assessment,
    match_child,
    record_event,
)
from tests.server.desk.test_exemptions import ISSUE_EVENTS, REASSESSMENT_EVENTS
from tests.server.steps import add_child, ok, remind, rows, save, submission_path, submit


class RequestedAdvice(NamedTuple):
    """Request for advice about a child, with its officer and professional."""

    officer: Someone
    me: Someone
    person: UUID
    case: UUID
    advice: UUID
    form: UUID

    def state(self) -> str:
        case = ok(self.officer.get(f"/v1/desk/cases/{self.case}")).json()
        return str(
            next(advice["state"] for advice in case["advice"] if advice["id"] == str(self.advice))
        )

    def post_action(self, action: str, **body: str) -> None:
        ok(self.officer.post(f"/v1/desk/advice/{self.advice}/{action}", json=body))

    def submit_advice(self) -> None:
        ok(save(self.me, self.form, minimal_advice(self.me)))
        ok(submit(self.me, self.form))


@pytest.fixture
def requested(someone: Factory) -> RequestedAdvice:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    me = someone()
    return RequestedAdvice(officer, me, *request_for_child(officer, me))


@prepared_once
def request_for_child(officer: Someone, me: Someone) -> tuple[UUID, UUID, UUID, UUID]:
    """Return a child, its case, the advice that its professional is asked for, and the form."""
    person = add_child(me)
    case = assess(officer, me, person)
    [(advice, form)] = request_advice(officer, case, me)
    return person, case, advice, form


def newest_message(me: Someone) -> dict[str, str]:
    row: dict[str, str] = ok(me.get("/v1/messages")).json()["rows"][0]
    message: dict[str, str] = ok(me.get(f"/v1/messages/{row['id']}")).json()
    return message


def test_request_notifies_professional_and_lists_the_form(requested: RequestedAdvice) -> None:
    message = newest_message(requested.me)
    assert message["subject"] == "You are required to submit information"
    assert TITLE in message["body"]
    assert "Ivo Larkspur-Dunne" in message["body"]
    assert message["place"] == f"forms/{requested.form}"
    row = find_form_row(requested.me, requested.person, requested.form)
    assert (row["title"], row["editable"], row["withdrawable"]) == (TITLE, True, False)
    assert row["due_words"] == "due 13/04/2026 · 42 days left"
    assert ok(requested.me.get(submission_path(requested.form))).json()["due"] == "2026-04-13"


def test_overdue_advice_shows_days_late(
    requested: RequestedAdvice, clock: Clock, services: Services
) -> None:
    clock.move(days=44)
    renew_sessions(services, requested.me)
    row = find_form_row(requested.me, requested.person, requested.form)
    assert row["due_words"] == "due 13/04/2026 · 2 days late"


def renew_sessions(services: Services, account: Someone) -> None:
    """Extend an account's sessions after days have passed."""
    with services.transaction() as tx:
        for session in tx.session.exec(
            select(StoredSession).where(StoredSession.account_id == account.id)
        ).all():
            session.last_used_at, session.ends_at = tx.now, tx.now + timedelta(hours=1)
            tx.session.add(session)


def test_advice_is_hidden_from_other_professionals(
    requested: RequestedAdvice, someone: Factory
) -> None:
    head = someone("head@osierbeck.example")
    request_advice(requested.officer, requested.case, head)
    requested.submit_advice()
    assert str(requested.form) not in str(ok(head.get(progress_path(requested))).json()["forms"])
    assert code_of(head.get(f"{submission_path(requested.form)}/versions")) == "not_found"


def progress_path(requested: RequestedAdvice) -> str:
    return f"/v1/people/{requested.person}/progress"


def test_repeat_is_idempotent_and_different_body_a_conflict(
    requested: RequestedAdvice, someone: Factory
) -> None:
    request = {
        "id": str(requested.advice),
        "submission": str(requested.form),
        "account": str(requested.me.id),
        "form": ADVICE,
    }
    path = f"/v1/desk/cases/{requested.case}/advice"
    case = ok(requested.officer.post(path, json={"requests": [request]})).json()
    assert len(case["advice"]) == 1
    head = someone("head@osierbeck.example")
    for change in ({"account": str(head.id)}, {"id": str(uuid4())}):
        reply = requested.officer.post(path, json={"requests": [request | change]})
        assert code_of(reply) == "conflict"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"form": "professional-request"}, "not_found"),
        ({"form": "no-such-form"}, "not_found"),
        ({"account": str(uuid4())}, "not_found"),
        ({"due": "2026-03-01"}, "invalid"),
    ],
)
def test_invalid_request_for_advice_is_rejected(
    requested: RequestedAdvice, changed: dict[str, str], code: str
) -> None:
    request = {
        "id": str(uuid4()),
        "submission": str(uuid4()),
        "account": str(requested.me.id),
        "form": ADVICE,
    }
    path = f"/v1/desk/cases/{requested.case}/advice"
    reply = requested.officer.post(path, json={"requests": [request | changed]})
    assert code_of(reply) == code
    if code == "invalid":
        assert pointers(reply) == {"/due"}


def test_saving_starts_advice_and_submitting_sends_it(requested: RequestedAdvice) -> None:
    assert requested.state() == "requested"
    assert (
        code_of(requested.officer.get(f"{submission_path(requested.form)}/versions")) == "not_found"
    )
    ok(save(requested.me, requested.form, minimal_advice(requested.me)))
    assert requested.state() == "started"
    confirmation = ok(submit(requested.me, requested.form)).json()
    assert (confirmation["form_title"], confirmation["decision_due"]) == (TITLE, None)
    assert confirmation["reference"]
    assert requested.state() == "submitted"
    assert newest_message(requested.me)["subject"] == "Your advice was received"
    ok(requested.officer.get(f"{submission_path(requested.form)}/versions"))
    row = find_form_row(requested.me, requested.person, requested.form)
    assert (row["due_words"], row["withdrawable"]) == ("due 13/04/2026", True)


def test_returned_advice_shows_what_is_missing_until_resubmitted(
    requested: RequestedAdvice,
) -> None:
    requested.submit_advice()
    requested.post_action("return", missing="The levels in Year 3.")
    assert requested.state() == "returned"
    message = newest_message(requested.me)
    assert (message["subject"], message["place"]) == (
        "A form was returned to you",
        f"forms/{requested.form}",
    )
    assert "The levels in Year 3." in message["body"]
    for has_changes in (False, True):
        if has_changes:
            ok(save(requested.me, requested.form, {"story": "Year 3: at level."}))
        row = find_form_row(requested.me, requested.person, requested.form)
        assert (row["returned"], row["editable"]) == ("The levels in Year 3.", True)
        assert "42 days left" in row["due_words"]
        form = ok(requested.me.get(submission_path(requested.form))).json()
        assert form["returned"] == "The levels in Year 3."
    ok(submit(requested.me, requested.form))
    assert requested.state() == "submitted"
    assert find_form_row(requested.me, requested.person, requested.form)["returned"] == ""


def test_returned_advice_can_be_resubmitted_unchanged(requested: RequestedAdvice) -> None:
    requested.submit_advice()
    requested.post_action("return", missing="The levels in Year 3.")
    assert ok(submit(requested.me, requested.form)).json()["number"] == 2
    assert requested.state() == "submitted"


def test_withdrawn_advice_can_be_resubmitted(requested: RequestedAdvice) -> None:
    requested.submit_advice()
    for _ in range(2):
        assert requested.me.post(f"{submission_path(requested.form)}/withdraw").status_code == 204
    assert requested.state() == "started"
    assert (
        code_of(requested.officer.get(f"{submission_path(requested.form)}/versions")) == "not_found"
    )
    row = find_form_row(requested.me, requested.person, requested.form)
    assert (row["submitted_at"], row["editable"], row["withdrawn"]) == (None, True, False)
    assert (row["withdrawable"], row["returned"]) == (False, "")
    assert ok(submit(requested.me, requested.form)).json()["number"] == 2
    assert requested.state() == "submitted"


def test_changes_after_withdrawal_can_be_discarded(requested: RequestedAdvice) -> None:
    requested.submit_advice()
    ok(requested.me.post(f"{submission_path(requested.form)}/withdraw"))
    ok(save(requested.me, requested.form, {"story": "More."}))
    ok(requested.me.delete(submission_path(requested.form)))
    form = ok(requested.me.get(submission_path(requested.form))).json()
    assert (form["state"], "story" in form["answers"]) == ("editing", False)
    assert ok(submit(requested.me, requested.form)).json()["number"] == 2


def test_discarded_advice_is_still_due(requested: RequestedAdvice) -> None:
    ok(save(requested.me, requested.form, {"story": "A start."}))
    assert requested.me.delete(submission_path(requested.form)).status_code == 204
    form = ok(requested.me.get(submission_path(requested.form))).json()
    assert (form["state"], form["answers"]) == ("draft", {})
    assert find_form_row(requested.me, requested.person, requested.form)["due_words"]


def test_child_with_advice_due_cannot_be_removed_from_list(requested: RequestedAdvice) -> None:
    path = f"/v1/people/{requested.person}"
    reply = requested.me.delete(path, params={"drafts": True})
    assert (reply.status_code, code_of(reply)) == (409, "not_allowed")
    requested.submit_advice()
    requested.post_action("accept")
    assert requested.me.delete(path, params={"drafts": True}).status_code == 204


def test_advice_is_not_due_after_the_case_is_closed(
    requested: RequestedAdvice, clock: Clock, services: Services
) -> None:
    transfer = {
        "id": str(uuid4()),
        "kind": "transferred_out",
        "on": "2026-03-02",
        "reason": "Moved to Nottingham.",
        "confirmed": True,
    }
    ok(requested.officer.post(f"/v1/desk/cases/{requested.case}/events", json=transfer))
    clock.move(days=44)
    renew_sessions(services, requested.me)
    assert remind(services) == 0
    row = find_form_row(requested.me, requested.person, requested.form)
    assert row["due_words"] == "due 13/04/2026 · no longer needed"
    reply = requested.me.delete(f"/v1/people/{requested.person}", params={"drafts": True})
    assert reply.status_code == 204


def test_advice_is_awaited_until_its_assessment_ends(
    requested: RequestedAdvice,
) -> None:
    officer, case = requested.officer, requested.case
    match_child(officer, case)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    for kind in ISSUE_EVENTS[:-1]:
        ok(record_event(officer, case, kind))
    page = ok(record_event(officer, case, "final_issued")).json()
    review = "Review due 01/03/2027 · 364 days left"
    assert page["next_words"] == review
    assert [row["awaited"] for row in page["advice"]] == [False]
    [row] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    assert (row["advice"], row["next_words"]) == (0, review)
    assert TITLE not in ok(officer.get("/v1/casework/diary?day=2026-04-13")).text
    home = ok(requested.me.get("/v1/home")).json()
    assert (home["forms"]["rows"], home["due"]["rows"]) == ([], [])
    row = find_form_row(requested.me, requested.person, requested.form)
    assert (row["due_words"], row["editable"]) == ("due 13/04/2026 · no longer needed", True)
    form = ok(requested.me.get(submission_path(requested.form))).json()
    assert (form["due"], form["not_needed"], form["editable"]) == (None, True, True)
    path = f"/v1/desk/cases/{case}/events/{page['events'][-1]['id']}/undo"
    page = ok(officer.post(path, json={"version": page["version"]})).json()
    assert page["next_words"] == "Advice due 13/04/2026 · 42 days left"
    for kind in ("final_issued", *REASSESSMENT_EVENTS):
        ok(record_event(officer, case, kind))
    page = ok(officer.get(f"/v1/desk/cases/{case}")).json()
    assert [row["awaited"] for row in page["advice"]] == [False]
    request_advice(officer, case, requested.me)
    page = ok(officer.get(f"/v1/desk/cases/{case}")).json()
    assert [row["awaited"] for row in page["advice"]] == [False, True]
    [row] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    assert (row["advice"], row["next_words"]) == (1, page["next_words"])


def test_returned_advice_puts_the_child_back_on_the_list(requested: RequestedAdvice) -> None:
    requested.submit_advice()
    ok(requested.me.delete(f"/v1/people/{requested.person}"))
    requested.post_action("return", missing="The levels in Year 3.")
    message = newest_message(requested.me)
    assert message["place"] == f"forms/{requested.form}"
    form = ok(requested.me.get(submission_path(requested.form))).json()
    assert form["returned"] == "The levels in Year 3."
    ok(submit(requested.me, requested.form))


@pytest.mark.parametrize(
    ("action", "state", "reason"),
    [("accept", "accepted", "accepted"), ("cancel", "cancelled", "no lo")],
)
def test_accepted_or_cancelled_advice_is_read_only(
    requested: RequestedAdvice, action: str, state: str, reason: str
) -> None:
    requested.submit_advice()
    for _ in range(2):
        requested.post_action(action)
    assert requested.state() == state
    row = find_form_row(requested.me, requested.person, requested.form)
    assert (row["editable"], row["withdrawable"]) == (False, False)
    assert reason in row["closed"]
    for reply in (
        save(requested.me, requested.form, {"story": "More."}),
        requested.me.post(f"{submission_path(requested.form)}/withdraw"),
    ):
        assert code_of(reply) == "decided"


def test_only_submitted_advice_can_be_accepted_or_returned(requested: RequestedAdvice) -> None:
    for action, body in (("accept", {}), ("return", {"missing": "All of it."})):
        reply = requested.officer.post(f"/v1/desk/advice/{requested.advice}/{action}", json=body)
        assert (reply.status_code, code_of(reply)) == (409, "not_allowed")


def test_handing_over_advice_transfers_its_deadline(
    requested: RequestedAdvice, someone: Factory
) -> None:
    bea = someone("bea@osierbeck.example")
    ok(requested.me.post(f"{submission_path(requested.form)}/hand-over", json={"to": str(bea.id)}))
    assert find_form_row(bea, requested.person, requested.form)["due_words"]
    case = ok(requested.officer.get(f"/v1/desk/cases/{requested.case}")).json()
    assert case["advice"][0]["by"] == "Ada Bea"
    sharing = ok(bea.get(f"{submission_path(requested.form)}/sharing")).json()
    assert sharing["advice"] is True
    assert [contributor["words"] for contributor in sharing["contributors"]] == [
        "asked for it",
        "handed it over",
    ]


def test_same_advice_cannot_be_requested_twice_while_due(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE)))
    repeat = officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE))
    assert code_of(repeat) == "not_allowed"
    assert "has been asked for Educational Advice" in repeat.json()["detail"]
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, "health-advice")))
    assert len(rows(services, AdviceRequest)) == 2
