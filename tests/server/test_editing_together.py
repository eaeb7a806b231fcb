"""Two officers who edit the same row: the second is refused, and sees what the first saved."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from shared.accounts import Staff
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.casework.steps import (
    CASEWORK,
    add_panel,
    add_task,
    add_to_panel,
    defer,
    write_minutes,
)
from tests.server.placements.steps import (
    add_school,
    consult,
    create_drafted_case,
    decide,
    name_placement,
    read,
    reply,
    request_setting,
)
from tests.server.steps import audit_of, if_match, ok

pytestmark = pytest.mark.both_databases

Send = Callable[[Someone, str, int], Response]


class Edited(NamedTuple):
    """A row that officers edit, and the request that puts a word into it at a version."""

    id: UUID
    send: Send
    version: int = 1
    of_child: bool = True


def put(path: str, field: str, **body: object) -> Send:
    """Return the request that puts a word into a field of a path."""

    def send(actor: Someone, word: str, version: int) -> Response:
        sent: Response = actor.put(path, json=body | {field: word}, headers=if_match(version))
        return sent

    return send


def create_rows(officer: Someone, case: UUID, services: Services) -> dict[str, Edited]:
    """Create a row of each kind in a case."""
    ok(consult(officer, case, add_school(services)))
    [asked] = read(officer, case).consultations
    request, placement = uuid4(), uuid4()
    ok(request_setting(officer, case, id=request))
    ok(name_placement(officer, case, id=placement))
    task = add_task(officer, "Call", "2026-03-09", case)
    general = add_task(officer, "Tidy up", "2026-03-09")
    panel = add_panel(officer, "Panel", "2026-03-09")
    [minuted] = add_to_panel(officer, panel, case)["items"]
    [deferred] = add_to_panel(officer, add_panel(officer, "Next", "2026-03-16"), case)["items"]
    due = {"due": "2026-03-09"}
    return {
        "reply": Edited(asked.id, lambda a, w, v: reply(a, asked.id, "yes", version=v, words=w)),
        "decision": Edited(
            request, lambda a, w, v: decide(a, request, version=v, agreed=True, reason=w)
        ),
        "placement": Edited(
            placement, lambda a, w, v: name_placement(a, case, id=placement, version=v, name=w)
        ),
        "task": Edited(task, put(f"{CASEWORK}/tasks/{task}", "text", **due, case=str(case))),
        "task without a case": Edited(
            general, put(f"{CASEWORK}/tasks/{general}", "text", **due), of_child=False
        ),
        "panel": Edited(
            panel, put(f"{CASEWORK}/panels/{panel}", "place", name="P", on="2026-03-09"), 1, False
        ),
        "minutes": Edited(
            UUID(minuted["id"]), lambda a, w, v: write_minutes(a, minuted["id"], w, v)
        ),
        "deferral": Edited(UUID(deferred["id"]), lambda a, w, v: defer(a, deferred["id"], w, v)),
    }


def test_second_of_two_officers_is_refused_and_shown_what_the_first_saved(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    colleague = someone("colleague@leicester.example", staff=Staff.OFFICER)
    case = create_drafted_case(me, officer, services)
    child = ok(officer.get(f"/v1/desk/cases/{case}")).json()["person"]["id"]
    for name, row in create_rows(officer, case, services).items():
        for _ in range(2):  # the reply to the first one was lost
            ok(row.send(officer, "Mine", row.version))
        refused = row.send(colleague, "Theirs", row.version)
        assert code_of(refused) == "stale", name
        problem = refused.json()
        assert problem["detail"].startswith("Ada Officer changed this at 02/03/2026 10:4"), name
        assert (problem["changed_by"], problem["version"]) == ("Ada Officer", row.version + 1), name
        assert problem["changed_at"].startswith("2026-03-02T10:4"), name
        assert "Mine" in problem["current"] and "Theirs" not in problem["current"], name
        entry = audit_of(services)[-1]
        assert (entry.action, entry.account_id, entry.subject_id, entry.person_id) == (
            Action.EDIT_REFUSED,
            colleague.id,
            row.id,
            UUID(child) if row.of_child else None,
        ), name
        saved = ok(row.send(colleague, "Theirs", problem["version"]))
        if saved.headers.get("ETag"):
            assert saved.headers["ETag"] == f'"{row.version + 2}"', name
        refused = row.send(officer, "Mine again", row.version + 1)
        assert "Theirs" in refused.json()["current"], name


def test_done_task_is_not_changed_unseen_and_every_edit_names_its_version(
    officer: Someone, services: Services
) -> None:
    task = add_task(officer, "Call", "2026-03-09")
    path, body = f"{CASEWORK}/tasks/{task}", {"text": "Write", "due": "2026-03-09"}
    assert code_of(officer.put(path, json=body)) == "version_required"
    ok(officer.put(f"{path}/done"))
    refused = officer.put(path, json=body, headers=if_match(1))
    assert refused.json()["current"] == "Call\n09/03/2026 · Ada Officer\nDone"
