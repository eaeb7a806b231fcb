"""Journey of a request, from registration to its second version, with the keyboard only."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from shared.values.days import format_day, london_day, utc_now
from tests.emails import code_in, link_in
from tests.journeys import sample_files
from tests.journeys.conftest import MailRelay
from tests.journeys.pages import Form, Home, Progress, SignIn, find_reference
from tests.journeys.picture import Picture
from tests.journeys.terminal import Terminal
from tests.parts import PASSWORD
from tests.running import ServerProcess

EMAIL = "ada.quill@osierbeck.example"
CHILD = "Ivo Larkspur-Dunne"
FORM = "Professional Request for Statutory EHC Assessment"
LONG_ANSWER = ("Ivo follows two-step instructions when they are shown as well as said. " * 500)[
    :30_000
]


WITH_COLOURS = ("env", "-u", "NO_COLOR", "COLORTERM=truecolor")
TITLE = "A request, from signing in to the day by which the authority decides"
PICTURE = Path(__file__).parents[2] / "docs" / "request.svg"


def test_journey_from_registration_to_second_version(
    portal: Callable[..., Terminal],
    server: ServerProcess,
    mail_relay: tuple[MailRelay, int],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    picture = Picture(TITLE, PICTURE, draw=request.config.getoption("--picture"))
    terminal = portal("--server", server.url, prefix=WITH_COLOURS)
    register(terminal, mail_relay[0])
    home = sign_in_with_two_step(terminal, mail_relay[0])
    home.expect()
    picture.add(terminal, "Sign in, and open your list of children", gone="Sign in again")
    progress = home.open_people().add("Ivo", "Larkspur-Dunne", "14/03/2018")
    progress.expect(CHILD, FORM)
    picture.add(terminal, "Add a child, and start a request", gone=f"{CHILD} is saved")
    form = progress.start()
    fill(form, tmp_path, picture)
    confirmation = form.submit()
    today = london_day(utc_now())
    screen = confirmation.expect(
        "Thank you for submitting", CHILD, format_day(add_six_weeks(today))
    )
    picture.add(terminal, "The authority has it")
    reference = find_reference(screen)
    check_progress(confirmation.finish(), reference, today)
    picture.add(terminal, "Follow how it goes on, with the dates that the law sets")
    edit_request(Progress(terminal), reference)
    check_both_versions(Progress(terminal))
    terminal.press("ctrl+q")
    assert terminal.close() == 0
    picture.finish()


def register(terminal: Terminal, mail_relay: MailRelay) -> None:
    registration = SignIn(terminal).open_registration()
    registration.register(EMAIL, PASSWORD)
    registration.activate(link_in(mail_relay.pop_email(EMAIL, "/activate/")))


def sign_in_with_two_step(terminal: Terminal, mail_relay: MailRelay) -> Home:
    SignIn(terminal).enter_password(PASSWORD)
    Home(terminal).open_two_step().switch_on()
    SignIn(terminal).enter_password(PASSWORD)
    return SignIn(terminal).enter_code(code_in(mail_relay.pop_email(EMAIL, "code")))


def fill(form: Form, folder: Path, picture: Picture) -> None:
    form.select_role()
    form.expect_saved()
    picture.add(form.terminal, "Confirm your work details")
    form.save_and_continue(to=2)
    form.fill_progress("01/09/2023", "Ivo reads 20 of 45 key words; 8 a year ago.")
    form.save_and_continue(to=3)
    form.fill_needs(LONG_ANSWER)
    form.terminal.wait_for("There is a limit of 30000 characters. 0 remaining")
    form.expect_saved()
    picture.add(form.terminal, "Each answer is saved as you type")
    form.save_and_continue(to=4)
    form.fill_support("01/09/2024")
    form.save_and_continue(to=5)
    form.expect_step(5, "Does not apply – aged under 18")
    form.save_and_continue(to=6)
    for number, write_file in enumerate(
        (sample_files.write_pdf, sample_files.write_docx, sample_files.write_png), 1
    ):
        form.add_document(number, write_file(folder))
    form.open_step(6)
    form.expect_saved("report.pdf")
    picture.add(form.terminal, "Attach documents")
    form.save_and_continue(to=7)
    form.add_contact("Dana Dunne", "0116 496 0103, after four", "01/11/2025")
    form.save_and_continue(to=8)
    form.agree()
    form.expect_saved()
    picture.add(form.terminal, "Read it all once more, agree and submit")


def add_six_weeks(day: date) -> date:
    return day + timedelta(weeks=6)


def check_progress(progress: Progress, reference: str, today: date) -> None:
    progress.expect(
        f"✓ Submitted by you on {format_day(today)}",
        reference,
        "● Request",
        "○ Assessment",
        "○ EHC Plan",
        "○ EHCP Reviews",
        "must decide within 6 weeks",
        f"Decision due {format_day(add_six_weeks(today))}",
        FORM,
        "Start a new one",
    )


def edit_request(progress: Progress, reference: str) -> None:
    form = progress.edit()
    form.expect_step(1)
    form.open_step(4)
    form.fill_support("01/09/2025")
    form.open_step(8)
    confirmation = form.submit_again()
    assert find_reference(confirmation.expect("This is version 2")) == reference
    confirmation.finish().expect(
        f"Submitted by you on {format_day(london_day(utc_now()))}", reference
    )


def check_both_versions(progress: Progress) -> None:
    versions = progress.view_details()
    versions.expect(
        "▸ Version 2",
        "Version 1",
        "What changed since version 1",
        "SEN support start date",
        "Before: 01/09/2024",
        "After:  01/09/2025",
    )
    versions.open_older()
    versions.terminal.wait_for("▸ Version 1", "Version 2", gone="What changed")
