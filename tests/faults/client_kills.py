"""Kill the real client at random moments while a long answer is being typed."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic
from uuid import UUID, uuid4

import httpx

from tests import keychain
from tests.chaos.proxy import Proxy
from tests.faults.members import Member, register
from tests.faults.relay import Relay, run_relay
from tests.journeys.pages import Form, Home, SignIn
from tests.journeys.terminal import Terminal
from tests.parts import PASSWORD
from tests.running import BIN, ServerProcess, find_free_port
from tests.server.accounts.steps import auth_header
from tests.server.steps import FORM, child
from tui.core.keychain import SERVICE
from tui.session import TOKEN

MIN_TYPING_SECONDS, MAX_TYPING_SECONDS = 0.5, 6.0
"""Range of seconds of typing before a kill."""
LOSS_WITHOUT_KEYCHAIN = 2.0
"""Seconds of typing that a kill may lose on a machine without a keychain."""
LOSS_WITH_KEYCHAIN = 0.25
"""Seconds of typing that a kill may lose with a keychain, even on a bad connection."""
MIN_BURST_INTERVAL, MAX_BURST_INTERVAL = 0.03, 0.15
"""Range of seconds between bursts of keys."""
MAX_BURST_KEYS = 4
ANSWER_LIMIT = 30_000
FIELD = "communication"
LETTERS = "etaoin shrdlu cmfwyp"
CODE_TIMEOUT = 30.0


@dataclass
class Result:
    """Outcome of a run; `missing_seconds` holds the typing lost by each kill."""

    kill_count: int = 0
    seconds: float = 0.0
    typed_count: int = 0
    missing_seconds: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


@dataclass
class TypedText:
    """Text typed into one client process, with the time of each character."""

    text: str = ""
    times: list[float] = field(default_factory=list)

    def missing_seconds(self, saved: int, killed_at: float) -> float:
        """Return the seconds of typing before the kill that were not saved."""
        return killed_at - self.times[saved] if saved < len(self.times) else 0.0


class Typist:
    """Types into one answer, in a new client process after each kill.

    With a `proxy`, the machine has a keychain and the connection often breaks.
    """

    def __init__(
        self,
        home: Path,
        url: str,
        relay: Relay,
        member: Member,
        seed: int,
        proxy: Proxy | None = None,
    ) -> None:
        self._home = home
        self._proxy = proxy
        self._url = url
        self._relay = relay
        self._member = member
        self._random = Random(f"{seed} typing")
        self._codes: set[str] = set()
        self._http = httpx.Client(
            base_url=url, headers=auth_header(member.token), timeout=CODE_TIMEOUT, trust_env=False
        )
        self._form = self._start_form()

    def _start_form(self) -> UUID:
        person, form = uuid4(), uuid4()
        body = {"id": str(form), "form": FORM, "person": str(person)}
        self._http.post("/v1/people", json=child(id=str(person))).raise_for_status()
        self._http.post("/v1/submissions", json=body).raise_for_status()
        return form

    def saved_answer(self) -> str:
        """Return the answer that the server has stored."""
        reply = self._http.get(f"/v1/submissions/{self._form}").raise_for_status()
        return str(reply.json()["answers"].get(FIELD, ""))

    @contextmanager
    def open_form(self) -> Iterator[Form]:
        """Start the client, open the form at the answer, and kill the client at the end."""
        self._codes.update(mail.id for mail in self._relay.emails_to(self._member.email))
        url = self._url
        if self._proxy is not None:
            self._proxy.set_mode("good")
            url = self._proxy.url
            keychain.store_secret(
                self._keychain_file, SERVICE, f"{TOKEN} {url}", self._member.token
            )
        terminal = Terminal(
            [str(BIN / "portal"), "--server", url], env=self._environment(), cwd=self._home
        )
        try:
            form = self._sign_in(terminal).open_people().open_first("Larkspur-Dunne").resume()
            terminal.wait_for("Step ", " of 8")
            form.focus_communication()
            form.expect_saved("remaining")
            yield form
        finally:
            terminal.kill()

    def _sign_in(self, terminal: Terminal) -> Home:
        if self._proxy is not None:
            return Home(terminal)
        page = SignIn(terminal)
        page.sign_in(self._member.email, PASSWORD)
        code = self._relay.wait_for_code(self._member.email, self._codes, CODE_TIMEOUT)
        assert code, "No verification code arrived."
        return page.enter_code(code)

    @property
    def _keychain_file(self) -> Path:
        return self._home / "keychain.json"

    def _environment(self) -> dict[str, str]:
        no_keychain = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "TMPDIR": str(self._home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            **(keychain.build_environment(self._keychain_file) if self._proxy else no_keychain),
        }

    def type_for_random_time(self, form: Form) -> TypedText:
        """Type bursts of keys at the end of the answer for a random time."""
        form.move_to_end()
        form.terminal.wait_until_idle()  # Textual may handle an immediate key before Ctrl+End
        if self._proxy is not None:
            self._proxy.set_mode(self._random.choice(["good", "stalled", "refused", "lost"]))
        typed, pause = TypedText(), Event()
        end = monotonic() + self._random.uniform(MIN_TYPING_SECONDS, MAX_TYPING_SECONDS)
        while monotonic() < end:
            keys = "".join(self._random.choices(LETTERS, k=self._random.randint(1, MAX_BURST_KEYS)))
            typed.times += [monotonic()] * len(keys)
            typed.text += keys
            form.terminal.type(keys)
            pause.wait(self._random.uniform(MIN_BURST_INTERVAL, MAX_BURST_INTERVAL))
        return typed


def parse_shown_length(screen: str) -> int:
    """Return the length of the answer according to the counter below it."""
    remaining = re.search(r"(\d+) remaining", screen)
    assert remaining, screen
    return ANSWER_LIMIT - int(remaining[1])


def compare(
    before: str,
    typed: TypedText,
    killed_at: float,
    after: str,
    allowed_loss: float = LOSS_WITHOUT_KEYCHAIN,
) -> tuple[float, list[str]]:
    """Compare an answer with the typed text and return the seconds lost and the errors."""
    whole = before + typed.text
    if not whole.startswith(after) or len(after) < len(before):
        return 0.0, [f"the answer is not what was typed: {after[-80:]!r} of {whole[-160:]!r}"]
    missing = typed.missing_seconds(len(after) - len(before), killed_at)
    if missing > allowed_loss:
        return missing, [f"{missing:.2f} s of typing are missing: {whole[len(after) :]!r}"]
    return missing, []


def kill_client(
    folder: Path,
    seed: int,
    kills: int,
    report: Callable[[str], None],
    *,
    bad_connection: bool = False,
) -> Result:
    """Kill the client repeatedly while typing, and compare the answer after each kill."""
    result, start = Result(kills), monotonic()
    home = folder / "home"
    home.mkdir()
    with run_relay(find_free_port()) as relay:
        server = ServerProcess(folder, mail_port=relay.port)
        try:
            member = register(server.url, relay, "typist@osierbeck.example")
            proxy = Proxy(server.port) if bad_connection else None
            typist = Typist(home, server.url, relay, member, seed, proxy)
            allowed_loss = LOSS_WITH_KEYCHAIN if bad_connection else LOSS_WITHOUT_KEYCHAIN
            _kill_repeatedly(typist, kills, result, report, allowed_loss)
        finally:
            server.kill()
    result.seconds = monotonic() - start
    return result


def _kill_repeatedly(
    typist: Typist,
    kills: int,
    result: Result,
    report: Callable[[str], None],
    allowed_loss: float,
) -> None:
    before, typed, killed_at = "", TypedText(), 0.0
    for number in range(kills + 1):
        with typist.open_form() as form:
            after, shown_count = typist.saved_answer(), parse_shown_length(form.terminal.text)
            missing, errors = compare(before, typed, killed_at, after, allowed_loss)
            if shown_count != len(after):
                errors.append(f"{shown_count} characters are shown, but {len(after)} are saved")
            result.missing_seconds.append(missing)
            result.findings += [f"kill {number}: {error}" for error in errors]
            if number == kills:
                return
            before, typed = after, typist.type_for_random_time(form)
            result.typed_count += len(typed.text)
            killed_at = monotonic()
        if number and number % 10 == 0:
            report(f"{number} kills of the client")
