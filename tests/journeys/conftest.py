import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email import message_from_bytes
from pathlib import Path
from threading import Condition
from time import monotonic
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from server.core.settings import Settings
from shared.values.days import utc_now
from tests.emails import code_in
from tests.journeys.logs import require_clean_log
from tests.journeys.pages import Form, SignIn
from tests.journeys.terminal import Terminal
from tests.parts import PASSWORD, Factory, Someone, settings_for
from tests.running import BIN, ServerProcess, find_free_port
from tests.tui.forms.filling import start

TIMEOUT_SECONDS = 30.0

OpenForm = Callable[..., Form]


class MailRelay:
    """SMTP relay that stores the emails it receives."""

    def __init__(self) -> None:
        self._emails: list[tuple[str, str]] = []
        self.bodies: list[str] = []
        """Every email that arrived, also those that a test has taken."""
        self._arrived = Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        body = message_from_bytes(content).get_payload(decode=True)
        assert isinstance(body, bytes)
        with self._arrived:
            self._emails.append((envelope.rcpt_tos[0], body.decode()))
            self.bodies.append(body.decode())
            self._arrived.notify_all()
        return "250 OK"

    def pop_email(self, to: str, text: str) -> str:
        """Wait for an email to `to` containing `text`, remove it and return its body."""
        deadline = monotonic() + TIMEOUT_SECONDS
        with self._arrived:
            while True:
                for email in self._emails:
                    if email[0] == to and text in email[1]:
                        self._emails.remove(email)
                        return email[1]
                assert monotonic() < deadline, f"No mail with {text!r} came: {self._emails}"
                self._arrived.wait(1)


@pytest.fixture(scope="module")
def mail_relay() -> Iterator[tuple[MailRelay, int]]:
    handler, port = MailRelay(), find_free_port()
    relay = Controller(handler, hostname="127.0.0.1", port=port)
    relay.start()
    yield handler, port
    relay.stop()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, mail_relay: tuple[MailRelay, int]
) -> Iterator[ServerProcess]:
    """Server shared by the tests of a module; each test uses its own email address.

    It logs all that it can, and nothing of that may be personal.
    """
    folder = tmp_path_factory.mktemp("server")
    log = folder / "server.log"
    with log.open("wb") as file:
        process = ServerProcess(folder, mail_port=mail_relay[1], log=file, log_level="DEBUG")
        yield process
        process.kill()
    require_clean_log(log, folder / "portal.db", mail_relay[0].bodies)


@pytest.fixture
def settings(server: ServerProcess) -> Settings:
    """Settings of the running server, so that `someone` adds accounts to its database."""
    return settings_for(server.folder)


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """Real time, as in the running server."""
    return utc_now


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Empty home folder for the client."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def portal(home: Path) -> Iterator[Callable[..., Terminal]]:
    """Function that starts the client in a terminal, in the home folder.

    `prefix` is a command that runs the client.
    """
    terminals: list[Terminal] = []

    def start(*arguments: str, prefix: Sequence[str] = ()) -> Terminal:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        terminals.append(Terminal([*prefix, str(BIN / "portal"), *arguments], env=env, cwd=home))
        return terminals[-1]

    yield start
    for terminal in terminals:
        if terminal.process.poll() is None:
            terminal.kill()


@pytest.fixture
def me(someone: Factory) -> Someone:
    return someone(f"{uuid4().hex}@osierbeck.example")


@pytest.fixture
def submission(me: Someone) -> UUID:
    return start(me)


@pytest.fixture
def open_form(
    portal: Callable[..., Terminal],
    server: ServerProcess,
    mail_relay: tuple[MailRelay, int],
    me: Someone,
    submission: UUID,
) -> OpenForm:
    """Function that starts the client and opens the form at its first long answer."""

    def start_client(prefix: Sequence[str] = ()) -> Form:
        terminal = portal("--server", server.url, prefix=prefix)
        page = SignIn(terminal)
        page.sign_in(me.email, PASSWORD)
        home = page.enter_code(code_in(mail_relay[0].pop_email(me.email, "code")))
        form = home.open_people().open_first("Larkspur-Dunne").resume()
        form.terminal.wait_for("Step ", " of 8 · ")
        form.focus_communication()
        return form

    return start_client
