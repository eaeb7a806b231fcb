"""The officer's screens, by keyboard."""

from tests.journeys.pages import Page

NOW = "What may be done now"


class Cases(Page):
    """The table of cases."""

    def open_first(self, name: str) -> "Case":
        self.terminal.wait_for("› Cases", name)
        self.terminal.press("enter")
        return Case(self.terminal)


class Case(Page):
    """One case, in sections."""

    def shown(self, *words: str) -> str:
        return self.terminal.wait_for(NOW, *words)

    def again(self, *words: str) -> str:
        """Read the case again, from its first section."""
        self.terminal.press("1", "r")
        return self.terminal.wait_for(NOW, *words)

    def do(self, action: str) -> None:
        """Choose what may be done, by walking down to it from the sections."""
        self.shown(action)
        self.terminal.wait_still()
        screen = self.shown(action)
        lines = screen.split(NOW)[1].splitlines()[1:]
        place = next(number for number, line in enumerate(lines) if action in line)
        self.terminal.press("1", *["tab"] * (place + 1), "enter")

    def accept_as_new(self) -> None:
        self.do("Match the new child first")
        self.terminal.wait_for("[ Accept as new ]", "Nobody known is like this child")
        self.terminal.press("enter")
        self.terminal.wait_for(NOW, gone="new child")

    def record(self, action: str, then: str) -> None:
        """Record an event today; its dialog is sent by Ctrl+S."""
        self.do(action)
        self.terminal.wait_for("Date (dd/mm/yyyy) *", "[ Record it ]")
        self.terminal.press("ctrl+s")
        self.terminal.wait_for(then, gone="[ Record it ]")

    def ask_for_advice(self, name: str) -> None:
        """Find a professional and ask them for the first of the forms."""
        self.do("Ask for advice")
        self.terminal.wait_for("Type to find a professional")
        self.terminal.type(name)
        self.terminal.wait_for(f"{name} ·")
        self.terminal.press("enter")
        self.terminal.wait_for("[ Ask 1 person ]")
        self.terminal.press("ctrl+s")
        self.terminal.wait_for("Ask for advice?", "[ Stay here ]")
        self.terminal.press("enter")
