"""Saves run few statements and share audit entries."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from httpx import Response
from sqlalchemy import event

from server.core.audit import Action, SaveRun
from server.core.database import Services
from server.core.sent_ids import SentId
from server.forms import saving
from server.forms.saving import forget_sent
from server.forms.tables import StoredSave
from shared.forms.submissions import SaveAnswers
from tests.parts import Clock, Someone
from tests.server.races import during_transaction, make_actor
from tests.server.steps import audit_of, ok, required_answers, rows, save, start, submit

STATEMENTS = {"sqlite": 6, "postgresql": 7}
"""Statements per save; PostgreSQL needs one more to lock the form."""


def audited_saves(services: Services) -> list[tuple[int, datetime, datetime]]:
    entries = [entry for entry in audit_of(services) if entry.action == Action.FORM_SAVED]
    runs = {run.event_id: run for run in rows(services, SaveRun)}
    return [
        (runs[entry.id].times, entry.at, runs[entry.id].last_at) for entry in entries if entry.id
    ]


def save_repeatedly(me: Someone, form: UUID, times: int, version: str = '"1"') -> str:
    for number in range(times):
        reply = ok(save(me, form, {"strengths": f"Text {version} {number}"}, version))
        version = reply.headers["ETag"]
    return version


def test_consecutive_saves_share_an_audit_entry(
    me: Someone, services: Services, clock: Clock
) -> None:
    version = save_repeatedly(me, form := start(me), 3)
    clock.move(minutes=20)
    version = save_repeatedly(me, form, 1, version)
    ok(me.get("/v1/session"))
    clock.move(minutes=15)
    ok(me.get("/v1/session"))
    clock.move(minutes=16)
    save_repeatedly(me, form, 2, version)
    saves = audited_saves(services)
    assert [times for times, _, _ in saves] == [4, 2]
    first, last = saves[0][1:]
    assert 20 <= (last - first).total_seconds() / 60 < 21


def test_other_actions_start_a_new_audit_entry(me: Someone, services: Services) -> None:
    form = start(me)
    ok(save(me, form, required_answers(me), '"1"'))
    ok(submit(me, form))
    version = ok(me.get(f"/v1/submissions/{form}")).headers["ETag"]
    save_repeatedly(me, form, 2, version)
    assert [times for times, _, _ in audited_saves(services)] == [1, 2]


def test_save_runs_a_fixed_number_of_statements(me: Someone, services: Services) -> None:
    form = start(me)
    version = save_repeatedly(me, form, 1)
    statements: list[str] = []

    def record(_: object, __: object, statement: str, *___: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(services.engine, "before_cursor_execute", record)
    save_repeatedly(me, form, 1, version)
    assert len(statements) == STATEMENTS[services.engine.name], statements


def test_saves_are_kept_for_a_day_and_digests_for_a_week(
    me: Someone, services: Services, clock: Clock
) -> None:
    save_repeatedly(me, start(me), 2)  # after the child and the form were sent, each with an id
    counts = []
    for hours in (23, 2, 6 * 24 - 2, 2):
        clock.move(hours=hours)
        with services.transaction() as tx:
            forget_sent(tx)
        counts.append((len(rows(services, StoredSave)), len(rows(services, SentId))))
    assert counts == [(2, 2), (0, 2), (0, 2), (0, 0)]


@pytest.mark.both_databases
def test_repeat_during_the_first_save_is_recognised(me: Someone, services: Services) -> None:
    form = start(me)
    body = {"save": str(uuid4()), "changes": {"strengths": "Osprey"}}
    replies: list[Response] = []

    def repeat() -> Response:
        path, if_match = f"/v1/submissions/{form}/answers", {"If-Match": '"1"'}
        reply: Response = me.patch(path, json=body, headers=if_match)
        return reply

    with during_transaction(services, repeat, replies) as tx:
        actor = replace(make_actor(tx, me), staff=None)
        saving.save(tx, actor, form, SaveAnswers.model_validate(body), 1)
    assert [(reply.status_code, reply.json()["version"]) for reply in replies] == [(200, 2)]
