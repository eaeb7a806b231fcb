"""`portal-server audit export` prints entries as JSON lines, and is itself audited."""

import json
from typing import Any
from uuid import uuid4

import pytest

from server import cli
from server.core.audit import Action
from server.core.database import Services
from tests.parts import Clock, Someone
from tests.server.audit.steps import add_entries
from tests.server.steps import add_child, audit_of, ok, save, start, submit_request, version_of

pytestmark = [pytest.mark.usefixtures("command"), pytest.mark.both_databases]


def export(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert cli.main(["audit", "export", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_export_of_a_child_has_every_entry_and_names_no_other_child(
    me: Someone, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    ivo, nell = add_child(me), add_child(me, first_name="Nell")
    form = start(me, ivo)
    version = version_of(me, form)
    for text in ("One", "Two"):
        version = ok(save(me, form, {"strengths": text}, version)).headers["ETag"]
    ok(me.get("/v1/people"))
    lines = export(capsys, "--person", str(ivo))
    assert [line["action"] for line in lines] == [
        "person_added",
        "form_started",
        "form_read",
        "form_saved",
        "shown_in_list",
        "audit_log_exported",
    ]
    assert str(nell) not in str(lines)
    assert lines[4]["shown"] == [str(ivo)]
    assert lines[3]["times"] == 2
    assert lines[0]["account_id"] == str(me.id)
    assert lines[0]["at"].startswith("2026-03-02T10:42")
    assert audit_of(services)[-1].action == Action.AUDIT_LOG_EXPORTED
    assert audit_of(services)[-1].person_id == ivo


def test_export_of_a_merged_child_has_the_entries_of_all_its_records(
    me: Someone, other: Someone, officer: Someone, capsys: pytest.CaptureFixture[str]
) -> None:
    ivo, twin = add_child(me), add_child(other)
    submit_request(me, ivo)
    for known, new in ((None, ivo), (str(ivo), twin)):
        ok(officer.post(f"/v1/desk/people/{new}/match", json={"same_as": known}))
    lines = export(capsys, "--person", str(twin))
    added = [line["person_id"] for line in lines if line["action"] == "person_added"]
    assert added == [str(ivo), str(twin)]


def test_export_of_days_includes_both(
    services: Services, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        add_entries(services, 1)
        clock.move(days=1)
    first, second, third = (entry.id for entry in audit_of(services))
    lines = export(capsys, "--since", "2026-03-03", "--until", "2026-03-04")
    assert [line["id"] for line in lines] == [second, third]
    lines = export(capsys, "--until", "2026-03-03")
    assert [line["id"] for line in lines] == [first, second]


def test_unknown_child_is_refused(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["audit", "export", "--person", str(uuid4())]) == cli.EXIT_FAILURE
    assert "no child" in capsys.readouterr().err
    assert audit_of(services) == []
