"""An authority's own templates of letters."""

from pathlib import Path

import pytest

from server.cli import main
from server.letters.templates import BadTemplate, load_templates

PACKAGE = Path("server/letters/templates")
REFUSED = (PACKAGE / "refused_to_assess.yaml").read_text()
OWN = """
kind: panel_invitation
version: 3
title: Invitation to the panel
law: Local practice
events: []
must_carry: []
copies: [setting]
body:
  - text: The panel meets about {childs} case.
  - own
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_own_template_is_added_and_replaces_the_packages(folder: Path) -> None:
    (folder / "panel.yaml").write_text(OWN)
    text = REFUSED.replace("version: 1", "version: 2").replace("Our reasons", "Why")
    (folder / "refusal.yaml").write_text(text)
    (folder / "passages.yaml").write_text(
        "passages:\n  mediation: {text: You can go to mediation with us.}\n"
    )
    templates = load_templates(folder)
    assert templates["panel_invitation"].template.version == 3
    refused = templates["refused_to_assess"]
    assert refused.template.version == 2
    assert [part.heading for part in refused.body if part][1] == "Why"
    assert "You can go to mediation with us." in [part.text for part in refused.body if part]
    assert refused.sha256 != load_templates()["refused_to_assess"].sha256
    assert templates.keys() - load_templates().keys() == {"panel_invitation"}


WRONG = {
    "no appeal rights": (
        REFUSED.replace("  - passage: appeal_rights\n", ""),
        "lacks what the law demands: appeal, certificate",
    ),
    "demands less and has less": (
        REFUSED.replace("  - passage: appeal_rights\n", "").replace("appeal_rights", "decision"),
        "lacks what the law demands: appeal",
    ),
    "reasons only for some": (
        REFUSED.replace("carries: reasons, ", "carries: reasons, when: from_year_9, "),
        "demands: reasons",
    ),
    "no reasons": (REFUSED.replace("carries: reasons, ", ""), "demands: reasons"),
    "unknown word": (OWN.replace("{childs}", "{child_name}"), "unknown word: child_name"),
    "attribute of a word": (OWN.replace("{childs}", "{childs.x}"), "unknown word: childs.x"),
    "format of a word": (OWN.replace("{childs}", "{childs:>99}"), "more than a word in braces"),
    "open brace": (OWN.replace("{childs}", "{childs"), "wrong brace"),
    "unknown passage": (OWN.replace("- own", "- passage: thanks"), "names no passage: thanks"),
    "unknown event": (OWN.replace("events: []", "events: [refused]"), "can't be read"),
    "unknown key": (OWN + "colour: red\n", "colour"),
    "reserved field": (OWN + "fields: [{id: address, label: Where}]\n", "can't name a field"),
    "no YAML": ("kind: [", "can't be read"),
}


@pytest.mark.parametrize(("text", "error"), WRONG.values(), ids=WRONG)
def test_wrong_template_is_refused(folder: Path, text: str, error: str) -> None:
    (folder / "letter.yaml").write_text(text)
    with pytest.raises(BadTemplate, match=error):
        load_templates(folder)


def test_server_does_not_start_with_a_wrong_template(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "letter.yaml").write_text("kind: [")
    monkeypatch.setenv("PORTAL_SECRET_KEY", "x" * 40)
    monkeypatch.setenv("PORTAL_DATA", str(folder / "data"))
    monkeypatch.setenv("PORTAL_UNSCANNED", "accept")
    monkeypatch.setenv("PORTAL_MAIL", "none")
    monkeypatch.setenv("PORTAL_LETTER_TEMPLATES", str(folder))
    assert main(["serve"]) == 2
    assert (
        "PORTAL_LETTER_TEMPLATES: The letter letter.yaml can't be read" in capsys.readouterr().err
    )
