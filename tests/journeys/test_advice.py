"""Journey from request to plan and review, by several people, with the keyboard only."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pyotp
import pytest

from server.accounts.tables import Account
from server.core.database import Services
from server.core.keys import Purpose
from shared.accounts import Staff
from shared.values.days import format_day, london_day, utc_now
from tests.emails import code_in
from tests.journeys import sample_files
from tests.journeys.conftest import MailRelay
from tests.journeys.desk_pages import Case, Cases
from tests.journeys.pages import Form, Home, Progress, SignIn, Submitted
from tests.journeys.terminal import Terminal
from tests.parts import PASSWORD, Factory, Someone
from tests.running import ServerProcess
from tests.server.steps import add_child, ok

CHILD = "Ivo Larkspur-Dunne"
EDUCATIONAL = "Educational Advice for Statutory EHC Assessment"
SOCIAL = "Social Care Advice for Statutory EHC Assessment"
ADVICE_SUBJECT = "You are required to submit information"
MISSING = "Who assured the quality."
ADVICE_TEXT = "Ivo follows two-step instructions when they are shown as well as said."
APP_SECRET = pyotp.random_base32()

SignInAs = Callable[[Someone], Home]


@pytest.fixture
def officer(someone: Factory, services: Services) -> Someone:
    """Officer with a known authenticator secret."""
    account = someone("priya@leicester.example", staff=Staff.OFFICER)
    with services.transaction() as tx:
        row = tx.session.get_one(Account, account.id)
        row.app_secret = services.keys.encrypt(Purpose.APP_SECRET, APP_SECRET)
        tx.session.add(row)
    return account


@pytest.fixture
def sign_in(
    portal: Callable[..., Terminal], server: ServerProcess, mail_relay: tuple[MailRelay, int]
) -> SignInAs:
    """Function that opens a terminal and signs in."""

    def sign_in_as(user: Someone) -> Home:
        page = SignIn(portal("--server", server.url))
        page.sign_in(user.email, PASSWORD)
        return page.enter_code(code_in(mail_relay[0].pop_email(user.email, "code")))

    return sign_in_as


def full_name(account: Someone) -> str:
    return f"Ada {account.email.split('@')[0].title()}"


def date_in_days(days: int) -> str:
    return format_day(day_in_days(days))


def day_in_days(days: int) -> date:
    return london_day(utc_now()) + timedelta(days=days)


def test_journey_from_request_to_plan_and_review(
    portal: Callable[..., Terminal],
    server: ServerProcess,
    mail_relay: tuple[MailRelay, int],
    officer: Someone,
    someone: Factory,
    sign_in: SignInAs,
    home: Path,
    tmp_path: Path,
) -> None:
    senco, colleague = someone("senco.a@osierbeck.example"), someone("senco.b@osierbeck.example")
    therapist = someone("salt.a@leicester.example", organisation="Health")
    worker = someone("worker.a@leicester.example", organisation="Social Care")
    add_known_child(officer, therapist)

    progress = submit_request(sign_in(senco))
    progress.expect(CHILD, "● Request", f"Decision due {date_in_days(42)}")

    case = open_case(portal("--server", server.url), officer)
    match_and_decide(case)
    case = ask_for_advice(case, [(senco, EDUCATIONAL), (worker, SOCIAL)], mail_relay[0])

    progress = share_advice(progress, colleague)
    progress.expect("● Assessment", f"by {date_in_days(112)}", EDUCATIONAL)
    worker_progress = submit_advice(sign_in(worker), SOCIAL, steps=9, step=4)
    case.return_advice(MISSING)
    resubmit(worker_progress.open_home(), SOCIAL, steps=9, step=7)
    submit_shared_draft(sign_in(colleague), senco)
    progress = progress.open_home().open_people().open_first("Larkspur-Dunne")
    progress.expect("● Assessment", EDUCATIONAL, f"✓ Submitted by you on {date_in_days(0)}")

    case.accept_advice(2)
    issue_and_review_plan(case, progress, senco, home, tmp_path)


def issue_and_review_plan(
    case: Case, progress: Progress, reader: Someone, home: Path, folder: Path
) -> None:
    """Publish the draft and the final plan, which the reader opens, and record a review."""
    case.record("Decide to issue a plan", "● EHC Plan", asks="Never asked for (Reg. 6(1))")
    draft = rename(sample_files.write_pdf(folder), "draft plan.pdf")
    case = case.publish().publish(draft, "Draft EHC plan", full_name(reader))
    progress = read_plan(progress, "Draft EHC plan", "● EHC Plan", home, draft)
    case.record("Send the draft plan", "Draft plan with the family")
    case.record("Record the family's views", "Issue the final plan", text="They agree.")
    final = rename(sample_files.write_docx(folder), "final plan.docx")
    case = case.publish().publish(final, "Final EHC plan", full_name(reader))
    case.record("Issue the final plan", "● EHCP Reviews", asks=f"Issue the final plan: {CHILD}")
    progress = read_plan(progress, "Final EHC plan", "● EHCP Reviews", home, final)
    case.record("Record a review meeting", "Review meeting held")
    case.expect(f"Report of the meeting due {date_in_days(14)}")
    progress.open_home().open_people().open_first("Larkspur-Dunne").expect("● EHCP Reviews")


def add_known_child(officer: Someone, professional: Someone) -> None:
    """Add the child for another professional and match it as known."""
    person = add_child(professional, school="Tallowmere Academy")
    ok(officer.post(f"/v1/desk/people/{person}/match", json={}))


def submit_request(home: Home) -> Progress:
    """Add the child and submit a request with the required answers."""
    progress = home.open_people().add("Ivo", "Larkspur-Dunne", "14/03/2018")
    progress.expect(CHILD)
    form = progress.start()
    form.select_role()
    form.open_step(7)
    form.add_contact("Dana Dunne", "0116 496 0103, after four", "01/11/2025")
    return send(form).finish()


def send(form: Form) -> Submitted:
    form.open_step(form.steps)
    form.agree()
    confirmation = form.submit()
    confirmation.expect("Larkspur-Dunne")
    return confirmation


def open_case(terminal: Terminal, officer: Someone) -> Case:
    page = SignIn(terminal)
    page.sign_in(officer.email, PASSWORD)
    page.enter_code(pyotp.TOTP(APP_SECRET).now()).expect()
    terminal.press("g", "c")
    return Cases(terminal).open_first("Larkspur-Dunne,")


def match_and_decide(case: Case) -> None:
    case.expect(CHILD, "! new child", "● Request")
    case.match_as_known()
    case.expect("Tallowmere Academy")
    case.choose_action("Take the case on")
    case.expect("you have it")
    case.record("Decide to assess", "● Assessment")


def ask_for_advice(
    case: Case, requests: Sequence[tuple[Someone, str]], mail_relay: MailRelay
) -> Case:
    """Ask each professional for advice; each gets an email that does not name the child."""
    page = case.ask_for_advice()
    for account, form in requests:
        page.add(full_name(account), form)
    case = page.send()
    for account, _ in requests:
        email = mail_relay.pop_email(account.email, "You have a message")
        assert not any(name in email for name in CHILD.split())
    return case


def submit_advice(home: Home, title: str, *, steps: int = 8, step: int = 2) -> Progress:
    """Open a requested form of advice from its message, fill it in and submit it."""
    home.open_messages().open(ADVICE_SUBJECT, CHILD, date_in_days(42)).follow(title)
    form = Form(home.terminal, steps)
    form.expect_step(1)
    form.select_role()
    form.open_step(step)
    form.terminal.type(ADVICE_TEXT)
    form.expect_saved(ADVICE_TEXT[:40])
    progress = send(form).finish()
    progress.expect("● Assessment", title, "✓ Submitted by you")
    return progress


def resubmit(home: Home, title: str, *, steps: int, step: int) -> None:
    """Fill in what the message says is missing, and submit again."""
    home.open_messages().open("A form was returned to you", MISSING).follow(title)
    form = Form(home.terminal, steps)
    form.expect_step(1, f"! Returned by the Local Authority. What is missing: {MISSING}")
    form.open_step(step)
    form.terminal.type("Team manager")
    form.expect_saved("Team manager")
    form.open_step(steps)
    form.submit_again().expect("This is version 2")


def share_advice(progress: Progress, colleague: Someone) -> Progress:
    """Open a requested form of advice, begin it and share it with a colleague."""
    home = progress.open_home()
    home.open_messages().open(ADVICE_SUBJECT, CHILD, date_in_days(42)).follow(EDUCATIONAL)
    form = Form(home.terminal)
    form.expect_step(1)
    form.select_role()
    form.open_step(2)
    form.terminal.type(ADVICE_TEXT)
    form.expect_saved(ADVICE_TEXT[:40])
    progress = form.return_to_message().open_home().open_people().open_first("Larkspur-Dunne")
    return progress.share().share_with(full_name(colleague))


def submit_shared_draft(home: Home, owner: Someone) -> None:
    """Open a shared draft from its message, check its text and submit it."""
    home.open_messages().open(f"{full_name(owner)} shared a form with you").follow(EDUCATIONAL)
    form = Form(home.terminal)
    form.expect_step(1)
    form.terminal.press("f2", "2")  # An answered step opens at the end of its text.
    form.terminal.wait_for(ADVICE_TEXT[:40])
    send(form)


def rename(file: Path, name: str) -> Path:
    return file.rename(file.with_name(name))


def read_plan(progress: Progress, kind: str, stage: str, home: Path, plan: Path) -> Progress:
    """Open a plan from its message, save a copy and compare it with the published file."""
    inbox = progress.open_home().open_messages()
    inbox.open(f"{kind} to read", CHILD).follow("Open the progress page")
    progress = Progress(progress.terminal)
    progress.expect(stage)
    progress.save_a_copy(plan.name)
    [copy] = home.rglob(plan.name)
    assert copy.read_bytes() == plan.read_bytes()
    return progress
