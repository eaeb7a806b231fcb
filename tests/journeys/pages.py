"""Page objects of the screens, driven by keyboard."""

import re
from pathlib import Path

from tests.emails import code_in
from tests.journeys.controls import Controls
from tests.journeys.terminal import Terminal


class Page(Controls):
    """Screen of the client in a terminal."""

    def open_home(self) -> "Home":
        """Follow the link to Home at the top."""
        self.terminal.choose("Home", key="shift+tab")
        return Home(self.terminal)


class SignIn(Page):
    """The sign-in form."""

    def expect(self) -> str:
        return self.terminal.wait_for("Welcome to the Leicester City SEND", "[ Sign in ]")

    def open_registration(self) -> "Registration":
        self.expect()
        self.terminal.press("shift+tab", "enter")
        return Registration(self.terminal)

    def sign_in(self, email: str, password: str) -> None:
        self.expect()
        self.fill(email)
        self.enter_password(password)

    def enter_password(self, password: str) -> None:
        """Sign in where the email address is filled in already."""
        self.expect()
        self.terminal.type(password)
        self.terminal.press("enter")

    def expect_demo(self) -> str:
        """Wait for the demo's sign-in form, with its accounts and mailbox."""
        return self.terminal.wait_for(
            "[ Sign in ]", "Maud Tillotson · SEN Co-ordinator", "F4 mailbox"
        )

    def sign_in_to_demo(self) -> None:
        """Sign in with the first account that the demo lists."""
        self.expect_demo()
        self.terminal.press(*["tab"] * 6, "enter")
        self.terminal.wait_for("••••••••")
        self.terminal.press("enter")
        self.terminal.wait_for("Enter your verification code")

    def read_code_from_mailbox(self) -> str:
        """Return the newest code in the demo's mailbox."""
        self.terminal.press("f4")
        screen = self.terminal.wait_for("The demo's mailbox", "It works for 10 minutes")
        self.terminal.press("escape")
        return code_in(screen)

    def enter_code(self, code: str) -> "Home":
        self.terminal.wait_for("Enter your verification code", "Verify")
        self.terminal.type(code)
        self.terminal.press("enter")
        return Home(self.terminal)


class Registration(Page):
    """Registration in three tabs, followed by activation."""

    def register(self, email: str, password: str) -> None:
        self.terminal.wait_for("● Security Details")
        self.fill(email, email, password, password)
        self.terminal.press("enter")
        self.terminal.wait_for("● About you")
        self.fill("Ms", "Ada", "Quill", "0116 496 0101", "")
        self.terminal.press("enter")
        self.terminal.wait_for("● Work Details")
        self.choose("SEN Co-ordinator", among="Early years provider")
        self.fill("", "Osierbeck Academy", "1 Osier Way", "LE1 1FZ", "0116 496 0102", "")
        self.terminal.wait_for("[ ] I have read this")
        self.terminal.press("space")
        self.terminal.wait_for("[x] I have read this")
        self.terminal.press("tab", "tab", "enter")
        self.terminal.wait_for("Activate your account", "Spam or Junk")

    def activate(self, link: str) -> None:
        self.terminal.paste(link)
        self.terminal.press("enter")
        self.terminal.wait_for("✓ Your account has been created")
        self.terminal.press("enter")


class Home(Page):
    """Home, with the two services."""

    def expect(self) -> str:
        return self.terminal.wait_for("Welcome to the Professional Portal", "Sign Out")

    def open_two_step(self) -> "TwoStep":
        self.expect()
        self.terminal.press("enter")
        return TwoStep(self.terminal)

    def open_people(self) -> "People":
        self.expect()
        self.terminal.press("g", "s")
        return People(self.terminal)

    def open_messages(self) -> "Inbox":
        self.expect()
        self.terminal.press("g", "m")
        return Inbox(self.terminal)


class TwoStep(Page):
    """Two step verification in My Account."""

    def switch_on(self) -> str:
        """Switch it on with Email, and return the screen with the recovery codes."""
        self.terminal.wait_for("Preferred method")
        self.choose("Email", among="Authenticator app")
        self.terminal.press("enter")
        codes = self.terminal.wait_for("Your recovery codes")
        self.terminal.press("enter")
        return codes


class People(Page):
    """The list on Select Person."""

    def add(self, first: str, last: str, birth_date: str) -> "Progress":
        self.terminal.wait_for("Select Person", "on your list")
        self.terminal.press("+")
        self.terminal.wait_for("First name")
        self.fill(first, last, "", birth_date)
        self.choose("Male", among="Not stated", down=2)
        self.fill("", "", "3 Tallowmere Row, Leicester", "LE3 9RN", "Wren Hollow Primary School")
        self.terminal.press("ctrl+s")
        return Progress(self.terminal)

    def open_first(self, name: str) -> "Progress":
        self.terminal.wait_for("Select Person", name)
        self.terminal.press("enter")
        return Progress(self.terminal)


class Inbox(Page):
    """The inbox."""

    def open(self, subject: str, *texts: str) -> "Message":
        """Find an unread message by its subject and open it."""
        self.terminal.wait_for("View:", "● unread")
        self.terminal.type(f"/{subject}")
        self.terminal.wait_for("1 found", f"● unread  {subject}", gone="Enter open")
        self.terminal.press("enter")
        self.terminal.wait_for("Enter open")
        self.terminal.wait_until_idle()
        self.terminal.press("enter")
        self.terminal.wait_for(subject, "Received", *texts, gone="View:")
        return Message(self.terminal)


class Message(Page):
    """Screen of one message."""

    def follow(self, label: str) -> None:
        """Open the message's link, which has the focus."""
        self.terminal.wait_for(label)
        self.terminal.press("enter")


class Progress(Page):
    """Screen of Statutory Assessment Progress."""

    def expect(self, *texts: str) -> str:
        return self.terminal.wait_for("What happens now?", "Information we collect", *texts)

    def start(self) -> "Form":
        """Start a request through the first link."""
        self.expect("Start")
        self.terminal.press("enter")
        return Form(self.terminal)

    def resume(self) -> "Form":
        """Open the draft request through the first link."""
        self.expect("Continue")
        self.terminal.press("enter")
        return Form(self.terminal)

    def edit(self) -> "Form":
        """Edit the submitted request through the first link."""
        self.expect("Edit")
        self.terminal.press("enter")
        return Form(self.terminal)

    def share(self) -> "Sharing":
        self.expect("Share")
        self.terminal.choose("Share")
        return Sharing(self.terminal)

    def view_details(self) -> "Versions":
        self.expect("View details")
        self.terminal.press("tab", "enter")
        return Versions(self.terminal)


class Form(Page):
    """The form editor."""

    def __init__(self, terminal: Terminal, steps: int = 8) -> None:
        super().__init__(terminal)
        self.steps = steps

    def expect_step(self, number: int, *texts: str) -> str:
        return self.terminal.wait_for(f"Step {number} of {self.steps}", *texts)

    def open_step(self, number: int) -> None:
        self.terminal.press("f2", str(number))
        self.expect_step(number)

    def save_and_continue(self, to: int) -> None:
        self.terminal.press("ctrl+s")
        self.expect_step(to)

    def expect_saved(self, *texts: str) -> str:
        """Wait until the header says that all answers are saved."""
        return self.terminal.wait_for("✓ Saved", *texts)

    def expect_unsaved(self) -> None:
        self.terminal.wait_for("… Saving")

    def expect_offline(self, *texts: str) -> None:
        """Wait until the header says that unsaved answers are in memory only."""
        self.terminal.wait_for("Not saved: in memory only", *texts)

    def move_to_end(self) -> None:
        """Move to the end of a long answer."""
        self.terminal.press("ctrl+end")

    def select_role(self) -> None:
        self.expect_step(1, "SEN Co-ordinator")
        self.terminal.press("enter")
        self.terminal.wait_for("✓ Selected")

    def fill_progress(self, start_date: str, attainment: str) -> None:
        self.fill(start_date)
        self.choose("Year 3", among="Year 6", down=5)
        self.fill("", attainment)

    def focus_communication(self) -> None:
        """Focus the first long answer of step 3."""
        if "Step 3 of" not in self.terminal.text:
            self.open_step(3)
        self.terminal.press("tab", "tab")
        self.terminal.wait_for("There is a limit of 30000 characters.")

    def fill_needs(self, communication: str) -> None:
        """Choose a need and paste a paragraph about communication."""
        self.choose("SpLD", among="MLD")
        self.terminal.press("tab")
        self.terminal.paste(communication)

    def fill_support(self, start_date: str) -> None:
        """Replace the date, which has the focus."""
        self.terminal.press("ctrl+u")
        self.fill(start_date)

    def add_document(self, number: int, file: Path) -> None:
        """Add a document with a file; needs the focus on '+ Add More'.

        Only the first upload of a form has to be confirmed.
        """
        self.terminal.press("enter")
        self.terminal.wait_for(f"Document {number}", "Please select")
        self.choose("Provision map", among="Attendance record", down=2)
        self.upload(file, agree=number == 1)
        self.terminal.press("tab", "tab", "tab", "tab")

    def add_contact(self, name: str, details: str, discussed_on: str) -> None:
        """Add a parent as a contact; needs the focus on '+ Add More'."""
        self.terminal.press("enter")
        self.terminal.wait_for("Contact 1")
        self.fill(name)
        self.choose("Parent", among="Carer")
        self.fill(details, discussed_on)

    def agree(self) -> None:
        """Tick both declarations on the summary."""
        self.terminal.press(*["shift+tab"] * 7)
        for name, gone in (("Declaration", ""), ("Terms and Conditions", "[ ] I agree")):
            self.terminal.wait_for(name, "[ ] I agree")
            self.terminal.press("space")
            self.terminal.wait_for(name, "[x] I agree", gone=gone)
            self.terminal.press("tab")

    def return_to_message(self) -> "Message":
        self.terminal.press("escape")
        self.terminal.wait_for("Received")
        return Message(self.terminal)

    def submit(self) -> "Submitted":
        """Submit although expected answers are empty; needs the focus on Submit."""
        self.terminal.wait_for("▸ [ Submit ]")
        self.terminal.wait_until_idle()  # Enter is ignored while Submit has just come into view
        self.terminal.press("enter")
        self.terminal.wait_for("that the authority expects", "Submit anyway")
        self.terminal.press("tab", "enter")
        return Submitted(self.terminal)

    def submit_again(self) -> "Submitted":
        """Submit from the summary with both declarations already ticked."""
        self.terminal.press(*["shift+tab"] * 5)
        return self.submit()


class Sharing(Page):
    """Screen for sharing a form."""

    def share_with(self, name: str) -> Progress:
        """Share with the only colleague, and go back."""
        self.terminal.wait_for("Colleagues at your organisation", name)
        self.terminal.choose("Share")
        self.terminal.wait_for(f"Share with {name}?", "Do not share")
        self.terminal.press("tab", "enter")
        self.terminal.wait_for(name, "Take back")
        self.terminal.press("escape")
        return Progress(self.terminal)


class Submitted(Page):
    """Confirmation that a form was submitted."""

    def expect(self, *texts: str) -> str:
        return self.terminal.wait_for("✓ Form Submitted", "Your reference", "Finish", *texts)

    def finish(self) -> Progress:
        self.terminal.press("enter")
        return Progress(self.terminal)


class Versions(Page):
    """Screen of View details."""

    def expect(self, *texts: str) -> str:
        return self.terminal.wait_for("View details", *texts)

    def open_older(self) -> None:
        self.terminal.press("tab", "enter")


def find_reference(screen: str) -> str:
    """Return the reference shown on a screen."""
    match = re.search(r"reference:? ([A-Z0-9]{8})", screen)
    assert match, screen
    return match[1]
