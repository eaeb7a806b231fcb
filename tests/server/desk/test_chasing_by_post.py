"""Somebody without an account is chased by phone or by letter, which is recorded."""

from datetime import date
from uuid import UUID, uuid4

from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.forms.tables import AdviceRequest
from shared.advice import AdviceStepKind
from shared.desk import AdviceRow
from tests.advice import ADVICE
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.desk.steps import advice_body, create_case_in_assessment, move_days
from tests.server.desk.taking_back import entries_of, read
from tests.server.steps import ok, rows


def ask(officer: Someone, case: UUID) -> AdviceRow:
    body = {"id": str(uuid4()), "form": "health-advice", "name": "Dr Fenwick", "role": "GP"}
    body |= {"asked_on": "2026-03-02"}
    ok(officer.post(f"/v1/desk/cases/{case}/advice/post", json=body))
    [row] = read(officer, case).advice
    return row


def chase_path(advice: UUID) -> str:
    return f"/v1/desk/advice/{advice}/chase/post"


def chase(officer: Someone, advice: UUID, **changes: str) -> Response:
    body = {"id": str(uuid4()), "by": "phone", "on": "2026-04-14", "text": "By Friday."}
    reply: Response = officer.post(chase_path(advice), json=body | changes)
    return reply


def test_chase_by_phone_or_letter_is_recorded_once_with_its_day(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    row = ask(officer, case)
    text = ok(officer.get(chase_path(row.id))).json()["text"]
    assert text.startswith("Dear Dr Fenwick\n\nOn 2 March 2026 we asked you for advice about Ivo")
    assert "born 14 March 2018: Health advice. It is due by 13 April 2026.\n" in text
    assert f"Our reference: {row.id.hex[:8].upper()}." in text
    assert text.endswith("Ada Officer\nLeicester City Council")
    move_days(clock, services, 43)
    text = ok(officer.get(chase_path(row.id))).json()["text"]
    assert "It was due by 13 April 2026, and has not come yet." in text
    for changes, pointer in (
        ({"on": "2026-04-15"}, "/on"),
        ({"on": "2026-03-01"}, "/on"),
        ({"text": " "}, "/text"),
        ({"by": "fax"}, "/by"),
    ):
        assert pointers(chase(officer, row.id, **changes)) == {pointer}
    id = str(uuid4())
    for _ in range(2):
        ok(chase(officer, row.id, id=id, on="2026-04-13"))
    ok(chase(officer, row.id, by="letter", text=text))
    [chased] = read(officer, case).advice
    assert [(step.kind, step.by, step.text) for step in chased.steps] == [
        (AdviceStepKind.CHASED, "Ada Officer", "By phone on 13/04/2026: By Friday."),
        (AdviceStepKind.CHASED, "Ada Officer", f"By letter on 14/04/2026: {text}"),
    ]
    assert [step.on for step in chased.steps] == [date(2026, 4, 13), date(2026, 4, 14)]
    assert [entry.subject_id for entry in entries_of(services, Action.ADVICE_CHASED)] == [
        row.id,
        row.id,
    ]
    [stored] = rows(services, AdviceRequest)
    assert stored.chased_at is not None
    assert stored.chased_at.date() == services.clock().date()
    assert ok(officer.get("/v1/messages")).json()["rows"] == []
    ok(officer.post(f"/v1/desk/advice/{row.id}/cancel"))
    assert code_of(chase(officer, row.id)) == "not_allowed"
    assert code_of(officer.get(chase_path(row.id))) == "not_allowed"
    ok(chase(officer, row.id, id=id, on="2026-04-13"))  # a late repeat


def test_who_was_asked_in_the_portal_is_chased_there(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE)))
    [row] = read(officer, case).advice
    assert officer.get(chase_path(row.id)).status_code == 404
    assert chase(officer, row.id, on="2026-03-02").status_code == 404
