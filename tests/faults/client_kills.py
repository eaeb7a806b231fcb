"""The real client is killed at random moments while somebody types into a long answer."""

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
from tests.faults.relay import Relay, listening
from tests.journeys.pages import Form, Home, SignIn
from tests.journeys.terminal import Terminal
from tests.parts import PASSWORD
from tests.running import BIN, ServerProcess, free_port
from tests.server.accounts.steps import bearing
from tests.server.steps import FORM, child
from tui.core.keychain import SERVICE
from tui.session import TOKEN

SHORTEST, LONGEST = 0.5, 6.0
"""Seconds of typing before a kill."""
MAY_BE_MISSING = 2.0
"""Seconds of typing that a kill may cost where the machine has no keychain."""
KEPT_IN = 0.25
"""The same where it has one, whatever the line does."""
FASTEST, SLOWEST = 0.03, 0.15
"""Seconds between one burst of keys and the next."""
BURST = 4
LIMIT = 30_000
FIELD = "communication"
LETTERS = "etaoin shrdlu cmfwyp"
CODE_PATIENCE = 30.0


@dataclass
class Result:
    """The outcome of a run; `missing` holds the seconds of typing that each kill cost."""

    kills: int = 0
    seconds: float = 0.0
    typed: int = 0
    missing: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


@dataclass
class Typing:
    """What was typed in one life of the client, and when each character was."""

    text: str = ""
    at: list[float] = field(default_factory=list)

    def missing(self, saved: int, killed: float) -> float:
        """Seconds of typing before the kill of which nothing was saved."""
        return killed - self.at[saved] if saved < len(self.at) else 0.0


class Typist:
    """Types into the same answer, life after life of the client.

    With a `line` the machine has a keychain, and the line is bad as often as good.
    """

    def __init__(
        self,
        home: Path,
        url: str,
        relay: Relay,
        member: Member,
        seed: int,
        line: Proxy | None = None,
    ) -> None:
        self._home = home
        self._line = line
        self._url = url
        self._relay = relay
        self._member = member
        self._random = Random(f"{seed} typing")
        self._codes: set[str] = set()
        self._http = httpx.Client(
            base_url=url, headers=bearing(member.token), timeout=CODE_PATIENCE, trust_env=False
        )
        self._form = self._start_form()

    def _start_form(self) -> UUID:
        person, form = uuid4(), uuid4()
        started = {"id": str(form), "form": FORM, "person": str(person)}
        self._http.post("/v1/people", json=child(id=str(person))).raise_for_status()
        self._http.post("/v1/submissions", json=started).raise_for_status()
        return form

    def saved(self) -> str:
        """Read the answer as the server holds it."""
        reply = self._http.get(f"/v1/submissions/{self._form}").raise_for_status()
        return str(reply.json()["answers"].get(FIELD, ""))

    @contextmanager
    def opened(self) -> Iterator[Form]:
        """Start the client, sign in, and open the form at the answer; it is killed at the end."""
        self._codes.update(mail.id for mail in self._relay.mails_to(self._member.email))
        url = self._url
        if self._line is not None:
            self._line.set_mode("good")
            url = self._line.url
            keychain.put(self._locker, SERVICE, f"{TOKEN} {url}", self._member.token)
        terminal = Terminal(
            [str(BIN / "portal"), "--server", url], env=self._environment(), cwd=self._home
        )
        try:
            form = self._home_of(terminal).to_people().open_first("Larkspur-Dunne").go_on()
            terminal.wait_for("Step ", " of 8 · ")
            form.to_communication()
            form.saved("remaining")
            yield form
        finally:
            terminal.kill()

    def _home_of(self, terminal: Terminal) -> Home:
        if self._line is not None:
            return Home(terminal)
        page = SignIn(terminal)
        page.sign_in(self._member.email, PASSWORD)
        code = self._relay.code_for(self._member.email, self._codes, CODE_PATIENCE)
        assert code, "No verification code came."
        return page.give_code(code)

    @property
    def _locker(self) -> Path:
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
            **(keychain.environment(self._locker) if self._line else no_keychain),
        }

    def type_for_a_while(self, form: Form) -> Typing:
        """Type in bursts of keys at the end of the answer, for a random time."""
        form.to_the_end()
        form.terminal.wait_still()  # Textual may handle a key that follows at once before Ctrl+End
        if self._line is not None:
            self._line.set_mode(self._random.choice(["good", "held", "refused", "lost"]))
        typed, pause = Typing(), Event()
        end = monotonic() + self._random.uniform(SHORTEST, LONGEST)
        while monotonic() < end:
            keys = "".join(self._random.choices(LETTERS, k=self._random.randint(1, BURST)))
            typed.at += [monotonic()] * len(keys)
            typed.text += keys
            form.terminal.type(keys)
            pause.wait(self._random.uniform(FASTEST, SLOWEST))
        return typed


def shown_length(screen: str) -> int:
    """Read from the counter under the answer how many characters it has."""
    remaining = re.search(r"(\d+) remaining", screen)
    assert remaining, screen
    return LIMIT - int(remaining[1])


def compare(
    before: str, typed: Typing, killed: float, after: str, may_be_missing: float = MAY_BE_MISSING
) -> tuple[float, list[str]]:
    """Compare an answer with what was typed; returns the seconds lost, and what is errors."""
    whole = before + typed.text
    if not whole.startswith(after) or len(after) < len(before):
        return 0.0, [f"the answer is not what was typed: {after[-80:]!r} of {whole[-160:]!r}"]
    missing = typed.missing(len(after) - len(before), killed)
    if missing > may_be_missing:
        return missing, [f"{missing:.2f} s of typing are missing: {whole[len(after) :]!r}"]
    return missing, []


def kill_client(
    folder: Path, seed: int, kills: int, report: Callable[[str], None], *, bad_lines: bool = False
) -> Result:
    """Kill the client so many times while somebody types, and look at what is there each time."""
    result, started = Result(kills), monotonic()
    home = folder / "home"
    home.mkdir()
    with listening(free_port()) as relay:
        server = ServerProcess(folder, mail_port=relay.port)
        try:
            member = register(server.url, relay, "typist@osierbeck.example")
            line = Proxy(server.port) if bad_lines else None
            typist = Typist(home, server.url, relay, member, seed, line)
            may_be_missing = KEPT_IN if bad_lines else MAY_BE_MISSING
            _kill_repeatedly(typist, kills, result, report, may_be_missing)
        finally:
            server.kill()
    result.seconds = monotonic() - started
    return result


def _kill_repeatedly(
    typist: Typist,
    kills: int,
    result: Result,
    report: Callable[[str], None],
    may_be_missing: float,
) -> None:
    before, typed, killed = "", Typing(), 0.0
    for number in range(kills + 1):
        with typist.opened() as form:
            after, shown = typist.saved(), shown_length(form.terminal.text)
            missing, errors = compare(before, typed, killed, after, may_be_missing)
            if shown != len(after):
                errors.append(f"{shown} characters are shown, and {len(after)} saved")
            result.missing.append(missing)
            result.findings += [f"kill {number}: {one}" for one in errors]
            if number == kills:
                return
            before, typed = after, typist.type_for_a_while(form)
            result.typed += len(typed.text)
            killed = monotonic()
        if number and number % 10 == 0:
            report(f"{number} kills of the client")
