"""No saved text is lost when the client or server is killed while the user types."""

from uuid import UUID

from tests.journeys.conftest import OpenForm
from tests.journeys.pages import Form
from tests.parts import Someone
from tests.running import ServerProcess
from tests.tui.forms.filling import read_answers

FIRST_TEXT = "Ivo follows two-step instructions when they are shown as well as said. " * 40
MORE_TEXT = "In a group of more than four he waits for a face. "


def remaining_text(text: str) -> str:
    return f"There is a limit of 30000 characters. {30_000 - len(text)} remaining"


def test_saved_text_survives_kills_of_server_and_client(
    open_form: OpenForm, server: ServerProcess, me: Someone, submission: UUID
) -> None:
    form = open_form()
    form.terminal.paste(FIRST_TEXT)
    form.expect_unsaved()
    form.expect_saved(remaining_text(FIRST_TEXT))
    type_while_server_is_down(form, server)
    saved = FIRST_TEXT + MORE_TEXT + MORE_TEXT
    assert read_answers(me, submission)["communication"] == saved

    form.terminal.type(MORE_TEXT)
    form.terminal.kill()
    assert str(read_answers(me, submission)["communication"]).startswith(saved)
    reopened = open_form()
    reopened.expect_saved("Ivo follows two-step instructions")
    reopened.move_to_end()
    reopened.terminal.wait_for(MORE_TEXT[-20:])

    before = str(read_answers(me, submission)["communication"])
    reopened.terminal.type(MORE_TEXT)
    reopened.expect_unsaved()
    # When the connection is lost, the client saves its changes and exits.
    assert reopened.terminal.hang_up() == 0
    assert read_answers(me, submission)["communication"] == before + MORE_TEXT


def type_while_server_is_down(form: Form, server: ServerProcess) -> None:
    """Type while the server is down, and wait for the save after its restart."""
    server.kill()
    form.terminal.type(MORE_TEXT)
    form.expect_offline(remaining_text(FIRST_TEXT + MORE_TEXT))
    form.terminal.type(MORE_TEXT)
    form.expect_offline(remaining_text(FIRST_TEXT + MORE_TEXT + MORE_TEXT))
    server.start()
    form.expect_saved(remaining_text(FIRST_TEXT + MORE_TEXT + MORE_TEXT))
