"""The screens as their user meets them, by keyboard: a moved button breaks this file alone."""

import re
from pathlib import Path

from tests.journeys.terminal import Terminal


class Page:
    """A screen of the program in a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    def fill(self, *answers: str) -> None:
        """Type answers into fields that follow one another, with Tab after each."""
        for answer in answers:
            if answer:
                self.terminal.type(answer)
            self.terminal.press("tab")

    def choose(self, option: str, *, among: str, down: int = 1) -> None:
        """Open the choice that has the focus, take the option so many below, and go on.

        `among` is another option, by which the list is seen to open and to close.
        """
        self.terminal.press("enter")
        self.terminal.wait_for(option, among)
        self.terminal.press(*["down"] * down, "enter")
        self.terminal.wait_for(option, gone=among)
        self.terminal.press("tab")


class SignIn(Page):
    """The sign-in form."""

    def shown(self) -> str:
        return self.terminal.wait_for("Welcome to the Leicester City SEND", "[ Sign in ]")

    def to_registration(self) -> "Registration":
        self.shown()
        self.terminal.press("shift+tab", "enter")
        return Registration(self.terminal)

    def sign_in(self, email: str, password: str) -> None:
        self.shown()
        self.fill(email)
        self.terminal.type(password)
        self.terminal.press("enter")

    def give_code(self, code: str) -> "Home":
        self.terminal.wait_for("Enter your verification code", "Verify")
        self.terminal.type(code)
        self.terminal.press("enter")
        return Home(self.terminal)


class Registration(Page):
    """The three tabs of registering, and the activation after them."""

    def register(self, email: str, password: str) -> None:
        self.terminal.wait_for("▸ Security Details")
        self.fill(email, email, password, "", password, "")
        self.terminal.press("enter")
        self.terminal.wait_for("▸ About you")
        self.fill("Ms", "Ada", "Quill", "0116 496 0101", "")
        self.terminal.press("enter")
        self.terminal.wait_for("▸ Work Details")
        self.choose("SEN Co-ordinator", among="Early years provider")
        self.fill("", "Osierbeck Academy", "1 Osier Way", "LE1 1FZ", "0116 496 0102", "")
        self.terminal.wait_for("[ ] I have read this")
        self.terminal.press("space")
        self.terminal.wait_for("[x] I have read this")
        self.terminal.press("tab", "tab", "enter")
        self.terminal.wait_for("Activate your account", "Spam or Junk")

    def activate(self, pasted: str) -> None:
        self.terminal.paste(pasted)
        self.terminal.press("enter")
        self.terminal.wait_for("✓ Your account has been created")
        self.terminal.press("enter")


class Home(Page):
    """The two services."""

    def shown(self) -> str:
        return self.terminal.wait_for("Welcome to the Professional Portal", "Sign Out")

    def to_two_step(self) -> "TwoStep":
        self.shown()
        self.terminal.press("enter")
        return TwoStep(self.terminal)

    def to_people(self) -> "People":
        self.shown()
        self.terminal.press("enter")
        return People(self.terminal)


class TwoStep(Page):
    """Two step verification under My Account."""

    def switch_on(self) -> str:
        """Choose Email and save; gives the screen with the recovery codes."""
        self.terminal.wait_for("Preferred method")
        self.terminal.press("tab", "tab", "tab", "tab")  # past the rest of the menu
        self.choose("Email", among="Authenticator app")
        self.terminal.press("enter")
        codes = self.terminal.wait_for("Your recovery codes")
        self.terminal.press("enter")
        return codes


class People(Page):
    """Select Person."""

    def add(self, first: str, last: str, born: str) -> "Progress":
        self.terminal.wait_for("Select Person", "on your list")
        self.terminal.press("+")
        self.terminal.wait_for("First name")
        self.fill(first, last, "", born)
        self.choose("Male", among="Not said", down=2)
        self.fill("", "", "3 Tallowmere Row, Leicester", "LE3 9RN", "Wren Hollow Primary School")
        self.terminal.press("ctrl+s")
        return Progress(self.terminal)


class Progress(Page):
    """Statutory Assessment Progress."""

    def shown(self, name: str) -> str:
        return self.terminal.wait_for(name, "What happens now?", "Information we collect")


class Form(Page):
    """The form editor."""

    def at_step(self, number: int) -> str:
        return self.terminal.wait_for(f"Step {number} of 8")

    def to_step(self, number: int) -> None:
        self.terminal.press("f2", str(number))
        self.at_step(number)

    def save_and_continue(self, to: int) -> None:
        self.terminal.press("ctrl+s")
        self.at_step(to)

    def saved(self) -> str:
        return self.terminal.wait_for("✓ Saved")

    def add_document(self, file: Path) -> None:
        """With the focus on '+ Add More': add an entry, pick the file, upload it."""
        self.terminal.press("enter", "tab", "enter")
        self.terminal.wait_for("Choose files")


def reference(screen: str) -> str:
    """Read the reference on a screen."""
    found = re.search(r"reference:? ([A-Z0-9]{8})", screen)
    assert found, screen
    return found[1]
