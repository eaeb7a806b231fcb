"""Client and server are killed without warning while somebody types; nothing saved is lost."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from tests.journeys.conftest import Post
from tests.journeys.pages import Form, SignIn
from tests.journeys.terminal import Terminal
from tests.mails import code_in
from tests.parts import PASSWORD, Factory, Someone
from tests.running import ServerProcess
from tests.tui.forms.filling import answers, start

SAID = "Ivo follows two-step instructions when they are shown as well as said. " * 40
MORE = "In a group of more than four he waits for a face. "

Opens = Callable[[], Form]


@pytest.fixture
def me(someone: Factory) -> Someone:
    return someone(f"{uuid4().hex}@osierbeck.example")


@pytest.fixture
def submission(me: Someone) -> UUID:
    return start(me)


@pytest.fixture
def opened(
    portal: Callable[..., Terminal],
    server: ServerProcess,
    post: tuple[Post, int],
    me: Someone,
    submission: UUID,
) -> Opens:
    """Starts the client, signs in, and opens the form at its first long answer."""

    def start_client() -> Form:
        terminal = portal("--server", server.url)
        page = SignIn(terminal)
        page.sign_in(me.email, PASSWORD)
        home = page.give_code(code_in(post[0].take(me.email, "code")))
        form = home.to_people().open_first("Larkspur-Dunne").go_on()
        form.terminal.wait_for("Step ", " of 8 · ")
        form.to_communication()
        return form

    return start_client


def remaining(said: str) -> str:
    return f"There is a limit of 30000 characters. {30_000 - len(said)} remaining"


def test_what_was_called_saved_is_there_whatever_is_killed(
    opened: Opens, server: ServerProcess, me: Someone, submission: UUID
) -> None:
    form = opened()
    form.terminal.paste(SAID)
    form.not_saved()
    form.saved(remaining(SAID))
    type_while_the_server_is_dead(form, server)
    kept = SAID + MORE + MORE
    assert answers(me, submission)["communication"] == kept

    form.terminal.type(MORE)
    form.terminal.kill()
    assert str(answers(me, submission)["communication"]).startswith(kept)
    again = opened()
    again.saved("Ivo follows two-step instructions")
    again.to_the_end()
    again.terminal.wait_for(MORE[-20:])

    before = str(answers(me, submission)["communication"])
    again.terminal.type(MORE)
    again.not_saved()
    # A line that breaks: the client saves what was typed, and ends.
    assert again.terminal.hang_up() == 0
    assert answers(me, submission)["communication"] == before + MORE


def type_while_the_server_is_dead(form: Form, server: ServerProcess) -> None:
    """Type before a dead server, and wait until it is saved once the server lives again."""
    server.kill()
    form.terminal.type(MORE)
    form.server_away(remaining(SAID + MORE))
    form.terminal.type(MORE)
    form.server_away(remaining(SAID + MORE + MORE))
    server.start()
    form.saved(remaining(SAID + MORE + MORE))
