"""Two people type into one form over bad connections, each in the real client."""

import os
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic
from uuid import UUID, uuid4

import httpx

from tests import keychain
from tests.chaos.proxy import Proxy, set_random_mode
from tests.faults.members import Member
from tests.journeys.terminal import Terminal
from tests.running import BIN, ServerProcess
from tests.server.accounts.steps import auth_header
from tests.server.steps import FORM, child
from tui.core.keychain import SERVICE
from tui.session import TOKEN

FIELD = "communication"
OTHER_FIELD = "cognition"
BURST_INTERVAL = (0.02, 0.25)
"""Range of seconds between bursts of keys."""
SETTLE_SECONDS = 120.0
"""Timeout for saving everything once the connection is good again."""
POLL_SECONDS = 0.05


@dataclass
class Result:
    """Totals and findings of a run."""

    seed_count: int = 0
    typed_count: int = 0
    bytes_forwarded: int = 0
    modes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


class Typist:
    """A client with its own proxy; each word typed into it starts with `letter`."""

    def __init__(self, folder: Path, server: ServerProcess, member: Member, letter: str) -> None:
        self.member, self.letter = member, letter
        self.proxy = Proxy(server.port)
        self.words: list[str] = []
        self._home = folder / letter
        self._home.mkdir()
        keychain_file = self._home / "keychain.json"
        keychain.store_secret(keychain_file, SERVICE, f"{TOKEN} {self.proxy.url}", member.token)
        self.terminal = Terminal(
            [str(BIN / "portal"), "--server", self.proxy.url],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self._home),
                "TMPDIR": str(self._home),
                "TERM": "xterm-256color",
                "LANG": "C.UTF-8",
                "NO_COLOR": "1",
                **keychain.build_environment(keychain_file),
            },
            cwd=self._home,
        )

    def open(self, place: str) -> None:
        """Open the form and move the cursor to `place`."""
        self.terminal.wait_for("Welcome to the Professional Portal", "Sign Out")
        self.terminal.wait_for("step 3 of 8")  # the draft, which has the focus
        self.terminal.press("enter")
        self.terminal.wait_for("Step 3 of 8")  # the step that already has an answer
        self.terminal.press("tab", "tab")
        self.terminal.wait_for("There is a limit of 30000 characters.")
        if place == OTHER_FIELD:
            self.terminal.press("tab")
        self.terminal.wait_until_idle()
        self.terminal.press("ctrl+home" if place == "start" else "ctrl+end")
        self.terminal.wait_until_idle()

    def type(self, random: Random) -> None:
        """Type one or two words, each unique."""
        for _ in range(random.randint(1, 2)):
            self.words.append(f"{self.letter}{len(self.words)}")
            self.terminal.type(f"{self.words[-1]} ")

    def settle(self) -> str:
        """Wait until everything is saved, keeping both sides of overlaps; return any failure."""
        end = monotonic() + SETTLE_SECONDS
        while True:
            screen = self.terminal.text
            if "✓ Saved" in screen:
                return ""
            if monotonic() > end:
                return f"{self.letter} did not finish saving:\n{screen}"
            if "Keep both" in screen:
                self.terminal.press("enter")
            elif "F4 shows" in screen:
                self.terminal.press("f4")
            self.terminal.wait_until_idle(POLL_SECONDS * 4)
            Event().wait(POLL_SECONDS)

    def close(self) -> None:
        """Kill the client and close its proxy."""
        self.terminal.kill()
        self.proxy.close()


class Pair:
    """Two typists in one form, each typing at its entry of `places`."""

    def __init__(
        self,
        folder: Path,
        server: ServerProcess,
        members: tuple[Member, Member],
        places: tuple[str, str],
    ) -> None:
        self.server = server
        self._http = httpx.Client(
            base_url=server.url, headers=auth_header(members[0].token), timeout=60, trust_env=False
        )
        self.form = self._create_shared_form(members[1])
        self.typists = [
            Typist(folder, server, member, letter)
            for member, letter in zip(members, "ab", strict=True)
        ]
        for typist, place in zip(self.typists, places, strict=True):
            typist.open(place)

    def _create_shared_form(self, other: Member) -> UUID:
        person, form = uuid4(), uuid4()
        form_body = {"id": str(form), "form": FORM, "person": str(person)}
        self._http.post("/v1/people", json=child(id=str(person))).raise_for_status()
        self._http.post("/v1/submissions", json=form_body).raise_for_status()
        first_save = {"save": str(uuid4()), "changes": {FIELD: "Begin. End. "}}
        self._http.patch(
            f"/v1/submissions/{form}/answers", json=first_save, headers={"If-Match": '"1"'}
        ).raise_for_status()
        self._http.put(f"/v1/submissions/{form}/shares/{other.id}").raise_for_status()
        return form

    def answers(self) -> dict[str, str]:
        """Read the answers stored on the server."""
        reply = self._http.get(f"/v1/submissions/{self.form}").raise_for_status()
        answers: dict[str, str] = reply.json()["answers"]
        return answers

    def run(self, seed: int, seconds: float, result: Result) -> None:
        """Type over seeded bad connections for a time, then check what the server stored."""
        random, pause = Random(seed), Event()
        end = monotonic() + seconds
        next_mode, next_burst = [0.0, 0.0], [0.0, 0.0]
        while (now := monotonic()) < end:
            for index, typist in enumerate(self.typists):
                if now >= next_mode[index]:
                    next_mode[index] = now + set_random_mode(typist.proxy, random)
                    result.modes[typist.proxy.mode] += 1
                if now >= next_burst[index]:
                    typist.type(random)
                    next_burst[index] = now + random.uniform(*BURST_INTERVAL)
            pause.wait(0.01)
        for typist in self.typists:
            typist.proxy.set_mode("good")
        # Settle twice: one typist's decision may cause an overlap for the other.
        failures = [typist.settle() for typist in self.typists * 2]
        result.findings += [f"seed {seed}: {failure}" for failure in failures if failure]
        result.findings += [f"seed {seed}: {failure}" for failure in self._compare()]
        result.seed_count += 1
        result.typed_count = sum(len(" ".join(typist.words)) for typist in self.typists)

    def _compare(self) -> list[str]:
        stored = Counter(" ".join(self.answers().values()).split())
        typed_words = [word for typist in self.typists for word in typist.words]
        lost = [word for word in typed_words if not stored[word]]
        duplicated = [word for word in typed_words if stored[word] > 1]
        unknown = set(stored) - set(typed_words) - {"Begin.", "End."}
        return [
            f"{name}: {words[:10]}"
            for name, words in (
                ("lost", lost),
                ("duplicated", duplicated),
                ("unknown", sorted(unknown)),
            )
            if words
        ]

    def close(self) -> None:
        """Close both clients."""
        for typist in self.typists:
            typist.close()
        self._http.close()


def run_pair(
    folder: Path,
    server: ServerProcess,
    members: tuple[Member, Member],
    places: tuple[str, str],
    seeds: range,
    seconds: float,
    report: Callable[[str], None],
) -> Result:
    """Run the seeds in sequence with one pair of clients."""
    result = Result()
    folder.mkdir()
    with ExitStack() as stack:
        pair = Pair(folder, server, members, places)
        stack.callback(pair.close)
        for seed in seeds:
            pair.run(seed, seconds, result)
            report(f"seed {seed} of {places}: {len(result.findings)} findings")
            if result.findings:
                break
        result.bytes_forwarded = sum(typist.proxy.bytes_forwarded for typist in pair.typists)
    return result
