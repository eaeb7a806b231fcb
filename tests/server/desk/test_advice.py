"""Advice: asked for, written, submitted, returned, taken back, accepted, cancelled, over HTTP."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from server.accounts.tables import StoredSession
from server.core.database import Services
from server.forms.tables import AdviceRequest
from shared.accounts import Staff
from tests.advice import ADVICE, TITLE, assess, minimal_advice, request_advice, row_of
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.desk.steps import asking, assessing
from tests.server.steps import add_child, at, done, remind, rows, save, submit


class Asked(NamedTuple):
    """An officer asked a professional for advice for a child."""

    officer: Someone
    me: Someone
    person: UUID
    case: UUID
    advice: UUID
    form: UUID

    def state(self) -> str:
        told = done(self.officer.get(f"/v1/desk/cases/{self.case}")).json()
        return str(next(a["state"] for a in told["advice"] if a["id"] == str(self.advice)))

    def act(self, what: str, **body: str) -> None:
        done(self.officer.post(f"/v1/desk/advice/{self.advice}/{what}", json=body))

    def fill(self) -> None:
        done(save(self.me, self.form, minimal_advice(self.me)))
        done(submit(self.me, self.form))


@pytest.fixture
def asked_for(someone: Factory) -> Asked:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    me = someone()
    person = add_child(me)
    case = assess(officer, me, person)
    [(advice, form)] = request_advice(officer, case, me)
    return Asked(officer, me, person, case, advice, form)


def newest(me: Someone) -> dict[str, str]:
    found: dict[str, str] = done(me.get("/v1/messages")).json()["rows"][0]
    whole: dict[str, str] = done(me.get(f"/v1/messages/{found['id']}")).json()
    return whole


def test_asking_tells_the_professional_and_puts_the_form_on_the_page(asked_for: Asked) -> None:
    told = newest(asked_for.me)
    assert told["subject"] == "You are required to submit information"
    assert TITLE in told["body"]
    assert "Ivo Larkspur-Dunne" in told["body"]
    assert told["place"] == f"forms/{asked_for.form}"
    row = row_of(asked_for.me, asked_for.person, asked_for.form)
    assert (row["title"], row["editable"], row["withdrawable"]) == (TITLE, True, False)
    assert row["due_words"] == "due 13/04/2026 · 42 days left"
    assert done(asked_for.me.get(at(asked_for.form))).json()["due"] == "2026-04-13"


def test_lateness_is_told_in_words(asked_for: Asked, clock: Clock, services: Services) -> None:
    clock.move(days=44)
    renew(services, asked_for.me)
    row = row_of(asked_for.me, asked_for.person, asked_for.form)
    assert row["due_words"] == "due 13/04/2026 · 2 days late"


def renew(services: Services, who: Someone) -> None:
    """Let a session of someone's go on although days have passed."""
    with services.transaction() as tx:
        for kept in tx.session.exec(
            select(StoredSession).where(StoredSession.account_id == who.id)
        ).all():
            kept.last_used_at, kept.ends_at = tx.now, tx.now + timedelta(hours=1)
            tx.session.add(kept)


def test_who_was_not_asked_is_told_of_it_by_the_list_alone(
    asked_for: Asked, someone: Factory
) -> None:
    head = someone("head@osierbeck.example")
    request_advice(asked_for.officer, asked_for.case, head)
    asked_for.fill()
    assert str(asked_for.form) not in str(done(head.get(progress(asked_for))).json()["forms"])
    assert code_of(head.get(f"{at(asked_for.form)}/versions")) == "not_found"


def progress(asked_for: Asked) -> str:
    return f"/v1/people/{asked_for.person}/progress"


def test_a_repeat_asks_once_and_another_under_its_id_is_a_conflict(
    asked_for: Asked, someone: Factory
) -> None:
    request = {
        "id": str(asked_for.advice),
        "submission": str(asked_for.form),
        "account": str(asked_for.me.id),
        "form": ADVICE,
    }
    to = f"/v1/desk/cases/{asked_for.case}/advice"
    told = done(asked_for.officer.post(to, json={"requests": [request]})).json()
    assert len(told["advice"]) == 1
    head = someone("head@osierbeck.example")
    for wrong in ({"account": str(head.id)}, {"id": str(uuid4())}):
        refused = asked_for.officer.post(to, json={"requests": [request | wrong]})
        assert code_of(refused) == "conflict"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"form": "professional-request"}, "not_found"),
        ({"form": "no-such-form"}, "not_found"),
        ({"account": str(uuid4())}, "not_found"),
        ({"due": "2026-03-01"}, "invalid"),
    ],
)
def test_what_cannot_be_asked(asked_for: Asked, changed: dict[str, str], code: str) -> None:
    request = {
        "id": str(uuid4()),
        "submission": str(uuid4()),
        "account": str(asked_for.me.id),
        "form": ADVICE,
    }
    to = f"/v1/desk/cases/{asked_for.case}/advice"
    refused = asked_for.officer.post(to, json={"requests": [request | changed]})
    assert code_of(refused) == code
    if code == "invalid":
        assert pointers(refused) == {"/due"}


def test_writing_starts_it_and_submitting_sends_it(asked_for: Asked) -> None:
    assert asked_for.state() == "requested"
    assert code_of(asked_for.officer.get(f"{at(asked_for.form)}/versions")) == "not_found"
    done(save(asked_for.me, asked_for.form, minimal_advice(asked_for.me)))
    assert asked_for.state() == "started"
    told = done(submit(asked_for.me, asked_for.form)).json()
    assert (told["form_title"], told["decision_due"]) == (TITLE, None)
    assert told["reference"]
    assert asked_for.state() == "submitted"
    assert newest(asked_for.me)["subject"] == "Your advice was received"
    done(asked_for.officer.get(f"{at(asked_for.form)}/versions"))
    row = row_of(asked_for.me, asked_for.person, asked_for.form)
    assert (row["due_words"], row["withdrawable"]) == ("due 13/04/2026", True)


def test_returned_advice_says_what_is_missing_until_it_is_submitted_again(
    asked_for: Asked,
) -> None:
    asked_for.fill()
    asked_for.act("return", missing="The levels in Year 3.")
    assert asked_for.state() == "returned"
    told = newest(asked_for.me)
    assert (told["subject"], told["place"]) == (
        "A form was returned to you",
        f"forms/{asked_for.form}",
    )
    assert "The levels in Year 3." in told["body"]
    for saved in (False, True):
        if saved:
            done(save(asked_for.me, asked_for.form, {"story": "Year 3: at level."}))
        row = row_of(asked_for.me, asked_for.person, asked_for.form)
        assert (row["returned"], row["editable"]) == ("The levels in Year 3.", True)
        assert "42 days left" in row["due_words"]
        opened = done(asked_for.me.get(at(asked_for.form))).json()
        assert opened["returned"] == "The levels in Year 3."
    done(submit(asked_for.me, asked_for.form))
    assert asked_for.state() == "submitted"
    assert row_of(asked_for.me, asked_for.person, asked_for.form)["returned"] == ""


def test_returned_advice_can_be_sent_again_as_it_is(asked_for: Asked) -> None:
    asked_for.fill()
    asked_for.act("return", missing="The levels in Year 3.")
    assert done(submit(asked_for.me, asked_for.form)).json()["number"] == 2
    assert asked_for.state() == "submitted"


def test_advice_taken_back_is_written_on_and_sent_again(asked_for: Asked) -> None:
    asked_for.fill()
    for _ in range(2):
        assert asked_for.me.post(f"{at(asked_for.form)}/withdraw").status_code == 204
    assert asked_for.state() == "started"
    assert code_of(asked_for.officer.get(f"{at(asked_for.form)}/versions")) == "not_found"
    row = row_of(asked_for.me, asked_for.person, asked_for.form)
    assert (row["submitted_at"], row["editable"], row["withdrawn"]) == (None, True, False)
    assert (row["withdrawable"], row["returned"]) == (False, "")
    assert done(submit(asked_for.me, asked_for.form)).json()["number"] == 2
    assert asked_for.state() == "submitted"


def test_what_was_written_since_it_was_taken_back_can_be_discarded(asked_for: Asked) -> None:
    asked_for.fill()
    done(asked_for.me.post(f"{at(asked_for.form)}/withdraw"))
    done(save(asked_for.me, asked_for.form, {"story": "More."}))
    done(asked_for.me.delete(at(asked_for.form)))
    opened = done(asked_for.me.get(at(asked_for.form))).json()
    assert (opened["state"], "story" in opened["answers"]) == ("editing", False)
    assert done(submit(asked_for.me, asked_for.form)).json()["number"] == 2


def test_advice_that_is_discarded_is_still_owed(asked_for: Asked) -> None:
    done(save(asked_for.me, asked_for.form, {"story": "A start."}))
    assert asked_for.me.delete(at(asked_for.form)).status_code == 204
    opened = done(asked_for.me.get(at(asked_for.form))).json()
    assert (opened["state"], opened["answers"]) == ("draft", {})
    assert row_of(asked_for.me, asked_for.person, asked_for.form)["due_words"]


def test_a_child_for_whom_advice_is_owed_stays_on_the_list(asked_for: Asked) -> None:
    to = f"/v1/people/{asked_for.person}"
    refused = asked_for.me.delete(to, params={"drafts": True})
    assert (refused.status_code, code_of(refused)) == (409, "not_allowed")
    asked_for.fill()
    asked_for.act("accept")
    assert asked_for.me.delete(to, params={"drafts": True}).status_code == 204


def test_advice_is_owed_no_longer_once_its_case_is_closed(
    asked_for: Asked, clock: Clock, services: Services
) -> None:
    away = {
        "id": str(uuid4()),
        "kind": "transferred_out",
        "on": "2026-03-02",
        "reason": "Moved to Nottingham.",
    }
    done(asked_for.officer.post(f"/v1/desk/cases/{asked_for.case}/events", json=away))
    clock.move(days=44)
    renew(services, asked_for.me)
    assert remind(services) == 0
    row = row_of(asked_for.me, asked_for.person, asked_for.form)
    assert row["due_words"] == "due 13/04/2026"
    gone = asked_for.me.delete(f"/v1/people/{asked_for.person}", params={"drafts": True})
    assert gone.status_code == 204


def test_advice_that_is_returned_brings_the_child_back_to_the_list(asked_for: Asked) -> None:
    asked_for.fill()
    done(asked_for.me.delete(f"/v1/people/{asked_for.person}"))
    asked_for.act("return", missing="The levels in Year 3.")
    told = newest(asked_for.me)
    assert told["place"] == f"forms/{asked_for.form}"
    opened = done(asked_for.me.get(at(asked_for.form))).json()
    assert opened["returned"] == "The levels in Year 3."
    done(submit(asked_for.me, asked_for.form))


@pytest.mark.parametrize(
    ("end", "state", "why"), [("accept", "accepted", "accepted"), ("cancel", "cancelled", "no lo")]
)
def test_what_is_accepted_or_cancelled_can_be_read_and_not_changed(
    asked_for: Asked, end: str, state: str, why: str
) -> None:
    asked_for.fill()
    for _ in range(2):
        asked_for.act(end)
    assert asked_for.state() == state
    row = row_of(asked_for.me, asked_for.person, asked_for.form)
    assert (row["editable"], row["withdrawable"]) == (False, False)
    assert why in row["closed"]
    for refused in (
        save(asked_for.me, asked_for.form, {"story": "More."}),
        asked_for.me.post(f"{at(asked_for.form)}/withdraw"),
    ):
        assert code_of(refused) == "decided"


def test_only_what_is_submitted_is_accepted_or_returned(asked_for: Asked) -> None:
    for what, body in (("accept", {}), ("return", {"missing": "All of it."})):
        refused = asked_for.officer.post(f"/v1/desk/advice/{asked_for.advice}/{what}", json=body)
        assert (refused.status_code, code_of(refused)) == (409, "not_allowed")


def test_what_is_owed_goes_with_the_form_that_is_handed_over(
    asked_for: Asked, someone: Factory
) -> None:
    bea = someone("bea@osierbeck.example")
    done(asked_for.me.post(f"{at(asked_for.form)}/hand-over", json={"to": str(bea.id)}))
    assert row_of(bea, asked_for.person, asked_for.form)["due_words"]
    told = done(asked_for.officer.get(f"/v1/desk/cases/{asked_for.case}")).json()
    assert told["advice"][0]["by"] == "Ada Bea"
    shown = done(bea.get(f"{at(asked_for.form)}/sharing")).json()
    assert shown["advice"] is True
    assert [one["words"] for one in shown["contributors"]] == ["asked for it", "handed it over"]


def test_nobody_is_asked_twice_for_the_same_that_is_still_owed(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = assessing(me, officer, services)
    done(officer.post(f"/v1/desk/cases/{case}/advice", json=asking(me, ADVICE)))
    again = officer.post(f"/v1/desk/cases/{case}/advice", json=asking(me, ADVICE))
    assert code_of(again) == "not_allowed"
    assert "has been asked for Educational Advice" in again.json()["detail"]
    done(officer.post(f"/v1/desk/cases/{case}/advice", json=asking(me, "health-advice")))
    assert len(rows(services, AdviceRequest)) == 2
