"""The kind of advice that was asked for by post is corrected, with a reason."""

from importlib.resources import files
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import yaml
from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.core.settings import Settings
from shared.advice import AdviceStepKind
from tests.advice import ADVICE
from tests.letters import LETTERS
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.desk.steps import (
    advice_body,
    create_case_in_assessment,
    match_child,
    record_event,
)
from tests.server.desk.taking_back import entries_of, read, upload_plan
from tests.server.figures.steps import compute
from tests.server.steps import ok

HEALTH, PSYCHOLOGY, SLEEP = "health-advice", "psychological-advice", "sleep-advice"
REASON = "It came from the educational psychologist."


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Letters have their contacts, and the authority has a form of its own, which is due sooner."""
    health = yaml.safe_load((files("shared.forms") / "catalogue/health-advice.yaml").read_text())
    sleep = {**health, "id": SLEEP, "short": "Sleep advice", "due_days": 14}
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms/sleep.yaml").write_text(yaml.safe_dump(sleep))
    return settings.model_copy(update={"letters": LETTERS, "forms": tmp_path / "forms"})


def ask_by_post(officer: Someone, case: UUID, **more: str) -> dict[str, str]:
    body = {"id": str(uuid4()), "form": HEALTH, "name": "Dr Fenwick", "asked_on": "2026-03-02"}
    body |= {"address": "12 Osier Street, Leicester", **more}
    ok(officer.post(f"/v1/desk/cases/{case}/advice/post", json=body))
    return body


def correction(form: str = PSYCHOLOGY, **more: str) -> dict[str, str]:
    return {"id": str(uuid4()), "form": form, "replaces": HEALTH, "reason": REASON, **more}


def correct(officer: Someone, advice: object, body: dict[str, str]) -> Response:
    reply: Response = officer.post(f"/v1/desk/advice/{advice}/kind", json=body)
    return reply


def never_asked(officer: Someone, case: UUID) -> str:
    reply = record_event(officer, case, "decided_to_issue", confirmed=False)
    assert code_of(reply) == "needs_confirmation"
    lines = str(reply.json()["detail"]).split("\n")
    return next(line for line in lines if line.startswith("Never asked for"))


def test_kind_of_advice_by_post_is_corrected_and_what_it_was_is_kept(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    asked = ask_by_post(officer, case)
    id = asked["id"]
    ok(officer.post(f"/v1/desk/advice/{id}/letter", json={"id": str(uuid4()), "version": 0}))
    document = upload_plan(officer, services, case)
    receipt = {"id": str(uuid4()), "received_on": "2026-03-02", "document": str(document)}
    ok(officer.post(f"/v1/desk/advice/{id}/paper", json=receipt))
    assert "Psychological advice" in never_asked(officer, case)
    body = correction()
    for _ in range(2):
        ok(correct(officer, id, body))
    page = read(officer, case)
    [row] = page.advice
    title = "Psychological Advice for Statutory EHC Assessment"
    assert (row.form, row.title, row.awaited) == (PSYCHOLOGY, title, False)
    [step] = row.contact_steps
    assert (step.kind, step.by) == (AdviceStepKind.CONTACTS_CORRECTED, "Ada Officer")
    assert step.text == f"Kind of advice: Health advice → Psychological advice. {REASON}"
    [entry] = entries_of(services, Action.ADVICE_KIND_CORRECTED)
    assert entry.subject_id == row.id
    assert [file.title for file in page.filed] == [f"{title}, Dr Fenwick"]
    assert [letter.outdated for letter in page.letters] == [True]
    now_missing = never_asked(officer, case)
    assert "Psychological advice" not in now_missing and "Health advice" in now_missing
    counted = {item.form: item.pace.answers for item in compute(officer, clock).advice}
    assert (counted.get(PSYCHOLOGY), counted.get(HEALTH, 0)) == (1, 0)
    ok(officer.post(f"/v1/desk/cases/{case}/advice/post", json=asked))  # a late repeat
    assert read(officer, case).advice == [row]


def test_wrong_corrections_of_the_kind_change_nothing(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE)))
    [in_the_portal] = read(officer, case).advice
    assert code_of(correct(officer, in_the_portal.id, correction())) == "not_found"
    id, other = (ask_by_post(officer, case)["id"] for _ in range(2))
    before = read(officer, case).advice
    assert pointers(correct(officer, id, correction(reason=" "))) == {"/reason"}
    assert code_of(correct(officer, id, correction("parent-request"))) == "not_found"
    assert code_of(correct(officer, id, correction("unknown"))) == "not_found"
    assert code_of(correct(officer, id, correction(replaces=ADVICE))) == "conflict"
    assert code_of(correct(officer, uuid4(), correction())) == "not_found"
    assert code_of(correct(me, id, correction())) == "forbidden"
    ok(correct(officer, id, correction(HEALTH)))  # it says that already
    assert read(officer, case).advice == before
    first = correction()
    ok(correct(officer, id, first))
    ok(correct(officer, id, correction(HEALTH, replaces=PSYCHOLOGY)))
    ok(correct(officer, id, first))  # a late repeat does not undo the later one
    assert code_of(correct(officer, other, first)) == "conflict"
    [_, row, untouched] = read(officer, case).advice
    assert [row.form, untouched.form] == [HEALTH, HEALTH]
    assert len(entries_of(services, Action.ADVICE_KIND_CORRECTED)) == 2


def test_due_date_follows_the_kind_unless_a_day_was_entered(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    for due in ({}, {"due": "2026-05-01"}):
        ok(correct(officer, ask_by_post(officer, case, **due)["id"], correction(SLEEP)))
    assert [str(row.due) for row in read(officer, case).advice] == ["2026-03-16", "2026-05-01"]
    [row] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    assert row["next_due"] == "2026-03-16"
