import os
from collections.abc import Callable, Iterator
from datetime import datetime
from email import message_from_bytes
from pathlib import Path
from threading import Condition
from time import monotonic

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from server.core.settings import Settings
from shared.values.days import utc_now
from tests.journeys.terminal import Terminal
from tests.parts import settings_for
from tests.running import BIN, ServerProcess, free_port

PATIENCE = 30.0


class Post:
    """A real mail relay that keeps what it is handed."""

    def __init__(self) -> None:
        self._mails: list[tuple[str, str]] = []
        self._came = Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        body = message_from_bytes(content).get_payload(decode=True)
        assert isinstance(body, bytes)
        with self._came:
            self._mails.append((envelope.rcpt_tos[0], body.decode()))
            self._came.notify_all()
        return "250 OK"

    def take(self, to: str, holding: str) -> str:
        """Wait for a mail to an address that holds words; each mail is given once."""
        end = monotonic() + PATIENCE
        with self._came:
            while True:
                for mail in self._mails:
                    if mail[0] == to and holding in mail[1]:
                        self._mails.remove(mail)
                        return mail[1]
                assert monotonic() < end, f"No mail with {holding!r} came: {self._mails}"
                self._came.wait(1)


@pytest.fixture(scope="module")
def post() -> Iterator[tuple[Post, int]]:
    kept, port = Post(), free_port()
    relay = Controller(kept, hostname="127.0.0.1", port=port)
    relay.start()
    yield kept, port
    relay.stop()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, post: tuple[Post, int]
) -> Iterator[ServerProcess]:
    """One for the tests of a module: they share its people, each has an email of its own."""
    started = ServerProcess(tmp_path_factory.mktemp("server"), mail_port=post[1])
    yield started
    started.kill()


@pytest.fixture
def settings(server: ServerProcess) -> Settings:
    """The running server's own, so that `someone` prepares accounts in its database."""
    return settings_for(server.folder)


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """The time of day, which the running server goes by too."""
    return utc_now


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The empty home folder in which the client is started."""
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def portal(home: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts the real client in a terminal, with a home folder of its own."""
    opened: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        opened.append(Terminal([str(BIN / "portal"), *arguments], env=env, cwd=home))
        return opened[-1]

    yield start
    for terminal in opened:
        if terminal.process.poll() is None:
            terminal.kill()
