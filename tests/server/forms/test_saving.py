"""What a save costs and leaves behind: few statements, one line of the audit for each spell."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from httpx import Response
from sqlalchemy import event

from server.core.audit import Action
from server.core.database import Services
from server.forms import saving
from server.forms.saving import delete_old_saves
from server.forms.tables import StoredSave
from shared.forms.submissions import SaveAnswers
from tests.parts import Clock, Someone
from tests.server.races import actor_of, during_transaction
from tests.server.steps import audit_of, done, required_answers, rows, save, start, submit

STATEMENTS = {"sqlite": 6, "postgresql": 7}
"""PostgreSQL locks the form in a statement of its own."""


def saves_in(services: Services) -> list[tuple[int, datetime, datetime | None]]:
    lines = [line for line in audit_of(services) if line.action == Action.FORM_SAVED]
    return [(line.times, line.at, line.last_at) for line in lines]


def type_on(me: Someone, form: object, times: int, version: str = '"1"') -> str:
    for number in range(times):
        reply = done(save(me, form, {"strengths": f"Text {version} {number}"}, version))  # type: ignore[arg-type]
        version = reply.headers["ETag"]
    return version


def test_saves_on_end_are_one_line_of_the_audit(
    me: Someone, services: Services, clock: Clock
) -> None:
    version = type_on(me, form := start(me), 3)
    clock.move(minutes=20)
    version = type_on(me, form, 1, version)
    done(me.get("/v1/session"))
    clock.move(minutes=15)
    done(me.get("/v1/session"))
    clock.move(minutes=16)
    type_on(me, form, 2, version)
    spells = saves_in(services)
    assert [times for times, _, _ in spells] == [4, 2]
    first, last = spells[0][1:]
    assert last is not None
    assert 20 <= (last - first).total_seconds() / 60 < 21


def test_a_spell_ends_with_what_else_is_done_with_the_form(me: Someone, services: Services) -> None:
    form = start(me)
    done(save(me, form, required_answers(me), '"1"'))
    done(submit(me, form))
    version = done(me.get(f"/v1/submissions/{form}")).headers["ETag"]
    type_on(me, form, 2, version)
    assert [times for times, _, _ in saves_in(services)] == [1, 2]


def test_a_save_takes_few_statements(me: Someone, services: Services) -> None:
    form = start(me)
    version = type_on(me, form, 1)
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(services.engine, "before_cursor_execute", note)
    type_on(me, form, 1, version)
    assert len(statements) == STATEMENTS[services.engine.name], statements


def test_a_save_is_known_again_for_a_day(me: Someone, services: Services, clock: Clock) -> None:
    type_on(me, start(me), 2)
    left = []
    for hours in (23, 2):
        clock.move(hours=hours)
        with services.transaction() as tx:
            delete_old_saves(tx)
        left.append(len(rows(services, StoredSave)))
    assert left == [2, 0]


def test_a_save_repeated_while_the_first_still_runs_is_the_same_save(
    me: Someone, services: Services
) -> None:
    form = start(me)
    body = {"save": str(uuid4()), "changes": {"strengths": "Osprey"}}
    replies: list[Response] = []

    def again() -> Response:
        path, match = f"/v1/submissions/{form}/answers", {"If-Match": '"1"'}
        reply: Response = me.patch(path, json=body, headers=match)
        return reply

    with during_transaction(services, again, replies) as tx:
        actor = replace(actor_of(tx, me), staff=None)
        saving.save(tx, actor, form, SaveAnswers.model_validate(body), 1)
    assert [(reply.status_code, reply.json()["version"]) for reply in replies] == [(200, 2)]
