"""An authority can add its own form as a file in a folder."""

from pathlib import Path

import pytest

from server.cli import main
from server.core.database import Services
from server.core.settings import Settings
from server.forms.catalogue import BadForm, catalogue
from shared.accounts import Staff
from tests.parts import SECRET, Factory
from tests.server.desk.steps import advice_body, create_case_in_assessment
from tests.server.steps import ok, save, submit

MUSIC = """
id: music-advice
version: 1
title: Music Therapy Advice
short: Music
stage: assessment
asked_for: true
due_days: 21
steps:
  - id: work
    title: Work Details
    short: Work
    fields:
      - {id: work_details, kind: work_details, need: required, label: Role}
  - id: music
    title: Music
    short: Music
    fields:
      - {id: music, kind: long_text, need: expected, label: What the child hears and plays}
  - id: summary
    title: Summary
    short: Summary
    fields:
      - {id: declaration, kind: agreement, need: required, label: Declaration, text: It is true.}
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "forms"
    folder.mkdir()
    (folder / "music-advice.yaml").write_text(MUSIC)
    return settings.model_copy(update={"forms": folder})


def test_additional_form_can_be_requested_and_submitted(
    someone: Factory, services: Services
) -> None:
    me, therapist = someone(), someone("music@leicester.example")
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    assert "music-advice" in [form["id"] for form in ok(me.get("/v1/forms")).json()]
    assert {"form": "music-advice", "title": "Music Therapy Advice", "due": "2026-03-23"} in ok(
        officer.get("/v1/desk/forms")
    ).json()
    case = create_case_in_assessment(me, officer, services)
    body = advice_body(therapist, "music-advice")
    [reply] = ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body)).json()["advice"]
    assert (reply["due"], reply["state"]) == ("2026-03-23", "requested")
    form = reply["submission"]
    answers = {"work_details": str(therapist.work), "music": "Bells.", "declaration": True}
    ok(save(therapist, form, answers))
    confirmation = ok(submit(therapist, form)).json()
    assert confirmation["form_title"] == "Music Therapy Advice"
    assert confirmation["decision_due"] is None
    detail = ok(officer.get(f"/v1/desk/cases/{case}")).json()
    assert [advice["state"] for advice in detail["advice"]] == ["submitted"]


def test_server_does_not_start_with_an_invalid_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.yaml").write_text("id: broken\nsteps: nonsense\n")
    with pytest.raises(BadForm, match=r"broken\.yaml"):
        catalogue(tmp_path)
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTAL_MAIL", "none")
    monkeypatch.setenv("PORTAL_FORMS", str(tmp_path))
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path / "data"))
    assert main(["serve"]) == 2
    assert "broken.yaml" in capsys.readouterr().err
