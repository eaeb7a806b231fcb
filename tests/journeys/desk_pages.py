"""Page objects of the officer's screens, driven by keyboard."""

from pathlib import Path

from tests.journeys.pages import Page
from tests.journeys.terminal import Terminal

NOW_HEADING = "What may be done now"


class Cases(Page):
    """The table of cases."""

    def open_first(self, name: str) -> "Case":
        self.terminal.wait_for("All open", name)
        self.terminal.press("enter")
        return Case(self.terminal)


class Case(Page):
    """Screen of one case."""

    def expect(self, *texts: str) -> str:
        return self.terminal.wait_for(NOW_HEADING, *texts)

    def reload(self, *texts: str) -> str:
        """Reload the case in its first section."""
        self.terminal.press("1", "r")
        return self.terminal.wait_for(NOW_HEADING, *texts)

    def choose_action(self, action: str) -> None:
        """Choose an action in the Now section."""
        self.open_section(1, "Now")
        self.terminal.choose(action)

    def open_section(self, number: int, name: str) -> None:
        """Open a section and reload the case."""
        self.terminal.press(str(number), "r")
        self.terminal.wait_for(f"▸{number} {name}")

    def match_as_known(self) -> None:
        """Match the new child with the one that is already known."""
        self.choose_action("! Match the new child first: is it one you know?")
        self.terminal.wait_for("[ The same child ]", "1 of 1 known", "= the same")
        self.terminal.press("enter")
        self.terminal.wait_for("Make one child of the two?")
        self.terminal.press("tab", "enter")
        self.terminal.wait_for(NOW_HEADING, gone="new child")

    def record(self, action: str, *expected: str, asks: str = "", text: str = "") -> None:
        """Record an event dated today, and confirm it if the portal `asks` with these words.

        A `text` goes to the field below the date.
        """
        self.choose_action(action)
        self.terminal.wait_for("Date (dd/mm/yyyy) *", "[ Record it ]")
        if text:
            self.terminal.press("tab")
            self.terminal.type(text)
        self.terminal.press("ctrl+s")
        if asks:
            self.terminal.wait_for(asks, "[ Go back ]")
            self.terminal.press("tab", "enter")
        self.terminal.wait_for(*expected, gone="[ Record it ]")

    def ask_for_advice(self) -> "AskForAdvice":
        self.choose_action("Ask for advice")
        return AskForAdvice(self.terminal)

    def publish(self) -> "Publish":
        self.choose_action("Publish a document")
        return Publish(self.terminal)

    def return_advice(self, missing: str) -> None:
        """Return the only advice that is submitted and not yet accepted."""
        self._open_advice()
        self.terminal.choose("Return…")
        self.terminal.wait_for("What is missing *")
        self.terminal.type(missing)
        self.terminal.press("ctrl+s")
        self.terminal.wait_for("Returned ·", gone="[ Return it ]")
        self.terminal.press("escape")
        self.terminal.wait_for("▸3 Advice")

    def accept_advice(self, count: int) -> None:
        """Accept `count` submitted forms of advice."""
        self._open_advice()
        for _ in range(count):
            self.terminal.choose("Accept")
            self.terminal.wait_for("[ Accept ]", "counts as given")
            self.terminal.press("ctrl+s")
            self.terminal.wait_for_focus("View details")  # "Accept" has gone.
        self.terminal.press("escape")
        self.terminal.wait_for("▸3 Advice")

    def _open_advice(self) -> None:
        """Open the page of the advice."""
        self.open_section(3, "Advice")
        self.terminal.choose("Open the advice")
        self.terminal.wait_for("asked for", gone="▸3 Advice")


class AskForAdvice(Page):
    """Screen for requesting advice from professionals."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(terminal)
        self._chosen_count = 0

    def add(self, name: str, form: str) -> None:
        """Choose a professional by name, and a form by the start of its title."""
        self.terminal.wait_for("Name, organisation or email")
        self.terminal.type(name)
        self.terminal.wait_for(f"{name} ·")
        self.terminal.press("enter")
        self._chosen_count += 1
        # The field is cleared after a choice; the button may be out of view.
        self.terminal.wait_for("Name, organisation or email")
        self.terminal.wait_until_idle()
        if self._chosen_count > 1:
            # Tab past the results and the three fields of each professional chosen earlier.
            self.terminal.press(*["tab"] * 3 * self._chosen_count, "enter")
            self.terminal.wait_for("Social Care Advice")  # The last option in the list.
            self.terminal.type(form)
            self.terminal.press("enter")
            self.terminal.wait_until_idle()
            self.terminal.press(*["shift+tab"] * 3 * self._chosen_count)

    def send(self) -> Case:
        """Send the requests and confirm."""
        self.terminal.press("ctrl+s")
        self.terminal.wait_for("Ask for advice?", "[ Stay here ]")
        self.terminal.press("tab", "enter")
        self.terminal.wait_for(NOW_HEADING)
        return Case(self.terminal)


class Publish(Page):
    """Screen for publishing a document to professionals."""

    def publish(self, file: Path, kind: str, reader: str) -> Case:
        """Upload a file, choose its kind, tick a reader, and publish it."""
        self.upload_one(file)
        self.terminal.press("tab", "tab")
        down = 1 if kind == "Draft EHC plan" else 2
        self.choose(kind, among="Other document", down=down)
        self.terminal.press("tab")
        self.terminal.wait_until_idle()
        checkboxes = [line for line in self.terminal.text.splitlines() if "[ ] " in line]
        position = next(number for number, line in enumerate(checkboxes) if reader in line)
        self.terminal.press(*["tab"] * position, "space")
        self.terminal.wait_for(f"[x] {reader}")
        self.terminal.press("ctrl+s")
        self.terminal.wait_for("Publish it to them?", reader, "Publish")
        self.terminal.press("tab", "enter")
        self.terminal.wait_for("▸1 Now", gone="Who may read it")
        return Case(self.terminal)
