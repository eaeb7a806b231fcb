"""Journeys of a user in a hurry: keys without pauses, a window that is resized, an empty form."""

from pathlib import Path
from uuid import UUID

from tests.journeys import sample_files
from tests.journeys.conftest import OpenForm
from tests.journeys.pages import Form
from tests.journeys.terminal import COLUMNS, KEYS, ROWS
from tests.parts import Someone
from tests.server.steps import ok, submission_path
from tests.tui.forms.filling import read_answers

TEXT = "In a group of more than four he waits for a face. "
TABS_TO_SESSIONS_ATTENDED = 6


def send_at_once(form: Form, *keys: str) -> None:
    """Send keys and texts in a single write, as a slow connection delivers them."""
    form.terminal.type("".join(KEYS.get(key, key) for key in keys))


def is_draft(me: Someone, submission: UUID) -> bool:
    return bool(ok(me.get(submission_path(submission))).json()["state"] == "draft")


def test_keys_without_pauses_reach_the_fields_they_were_meant_for(
    open_form: OpenForm, me: Someone, submission: UUID
) -> None:
    form = open_form()
    send_at_once(form, TEXT, "ctrl+s", "01/09/2024", "ctrl+s", "ctrl+s", "f2", "7", "enter", "Dana")
    form.expect_step(7, "Contact 1", "Dana")
    send_at_once(form, "f2", "8", "enter")
    form.expect_step(8)
    form.expect_saved()
    answers = read_answers(me, submission)
    assert answers["communication"] == TEXT
    assert answers["sen_support_from"] == "01/09/2024"
    assert isinstance(answers["contacts"], list)
    assert [entry["name"] for entry in answers["contacts"]] == ["Dana"]
    assert is_draft(me, submission)


def test_typing_is_in_view_after_every_resize(open_form: OpenForm) -> None:
    form = open_form()
    for word, size in (("Zebra", (60, 20)), ("Quokka", (120, 40)), ("Ibex", (COLUMNS, ROWS))):
        form.terminal.resize(*size)
        form.terminal.wait_until_idle()
        form.terminal.type(f"{word} ")
        form.terminal.wait_for(word, "Larkspur-Dunne")


def test_attendance_above_what_was_possible_is_pointed_out(open_form: OpenForm) -> None:
    form = open_form()
    form.open_step(2)
    send_at_once(form, *["tab"] * TABS_TO_SESSIONS_ATTENDED, "191", "tab", "190", "tab")
    form.terminal.wait_for("fewer than sessions attended; please check both")


def test_quitting_asks_about_a_file_that_was_not_uploaded(
    open_form: OpenForm, tmp_path: Path
) -> None:
    form = open_form()
    form.open_step(6)
    form.terminal.press("enter")
    form.terminal.wait_for("Document 1", "Please select")
    form.terminal.press("tab")
    form.choose_file(sample_files.write_pdf(tmp_path))
    form.terminal.press("ctrl+q")
    form.terminal.wait_for("report.pdf", "Upload")
    assert form.terminal.process.poll() is None
