"""From a request to a plan and its review: three people at once, in three terminals."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pyotp
import pytest

from server.accounts.tables import Account
from server.cases.tables import Case as CaseRow
from server.core.database import Services
from server.core.keys import Purpose
from shared.accounts import Staff
from shared.days import london_day, utc_now, write_day
from tests.journeys.conftest import Post, ServerProcess
from tests.journeys.desk_pages import Case, Cases
from tests.journeys.pages import Form, Home, Progress, SignIn, Submitted
from tests.journeys.terminal import Terminal
from tests.mails import code_in
from tests.parts import PASSWORD, Factory, Someone
from tests.server.desk import asking, case_of
from tests.server.steps import done, rows, save, submit, upload

Start = Callable[..., Terminal]
CHILD = "Ivo Larkspur-Dunne"


@pytest.fixture
def officer(someone: Factory, services: Services) -> Someone:
    """An officer whose authenticator app the test holds."""
    made = someone("priya@leicester.example", staff=Staff.OFFICER)
    with services.transaction() as tx:
        account = tx.session.get_one(Account, made.id)
        account.app_secret = services.keys.encrypt(Purpose.APP_SECRET, SECRET)
        tx.session.add(account)
    return made


SECRET = pyotp.random_base32()


def sign_in(terminal: Terminal, who: Someone, post: Post) -> Home:
    page = SignIn(terminal)
    page.sign_in(who.email, PASSWORD)
    return page.give_code(code_in(post.take(who.email, "code")))


def give(who: Someone, submission: str) -> None:
    """Write advice with enough to be submitted, and submit it."""
    answers = {"work_details": str(who.work), "declaration": True, "sharing": True}
    done(save(who, UUID(submission), answers))
    done(submit(who, UUID(submission)))


def test_from_a_request_to_a_plan_and_its_review(
    portal: Start, server: ServerProcess, post: tuple[Post, int], officer: Someone,
    someone: Factory, services: Services,
) -> None:  # fmt: skip
    senco, colleague = someone("senco.a@osierbeck.example"), someone("senco.b@osierbeck.example")
    ep, therapist = someone("ep.a@leicester.example"), someone("salt.a@leicester.example")
    worker = someone("worker.a@leicester.example")
    case_id = case_of(senco, services)
    person = next(row.person_id for row in rows(services, CaseRow) if row.id == case_id)

    desk = portal("--server", server.url)
    page = SignIn(desk)
    page.sign_in(officer.email, PASSWORD)
    page.give_code(pyotp.TOTP(SECRET).now()).shown()
    desk.press("enter")
    case = Cases(desk).open_first("Larkspur-Dunne,")
    decide_to_assess(case)
    case.ask_for_advice(f"Ada {ep.email.split('@')[0].title()}")
    case.again("● Assessment", CHILD)
    wanted: list[dict[str, object]] = []
    for who, form in (
        (senco, "psychological-advice"), (therapist, "health-advice"),
        (worker, "social-care-advice"),
    ):  # fmt: skip
        wanted.append(asking(who, form))
    for one in wanted:
        told = done(officer.post(f"/v1/desk/cases/{case_id}/advice", json=one)).json()
    submissions = {one["account"]: one["submission"] for one in told["advice"]}
    asked = {one["account"]: one["id"] for one in told["advice"]}
    for who in (ep, senco, therapist, worker):
        mail = post[0].take(who.email, "A message waits for you")
        assert not any(name in mail for name in CHILD.split())

    fill_by_keys(sign_in(portal("--server", server.url), ep, post[0]))
    shared = f"/v1/submissions/{submissions[str(senco.id)]}/shares/{colleague.id}"
    done(senco.put(shared))
    give(colleague, submissions[str(senco.id)])
    give(therapist, submissions[str(therapist.id)])
    give(worker, submissions[str(worker.id)])
    back = f"/v1/desk/advice/{asked[str(worker.id)]}/return"
    done(officer.post(back, json={"missing": "Who assured the quality."}))
    give_again(worker, submissions[str(worker.id)])
    for advice in asked.values():
        done(officer.post(f"/v1/desk/advice/{advice}/accept"))
    desk.press("r", "3")
    desk.wait_for("Accepted", "Educational Advice")

    case.again()
    case.record("Decide to issue a plan", "● EHC Plan")
    publish(officer, senco, case_id, person, "draft_plan")
    case.again()
    case.record("Send the draft plan", "Draft plan with the family")
    case.record("Record the family's views", "Issue the final plan")
    case.record("Issue the final plan", "● EHCP Reviews")
    publish(officer, senco, case_id, person, "final_plan")
    case.record("Record a review meeting", "Review meeting held")
    due = london_day(utc_now()) + timedelta(days=14)
    case.shown(f"Report of the meeting due {write_day(due)}")

    read_the_plans(sign_in(portal("--server", server.url), senco, post[0]))


def decide_to_assess(case: Case) -> None:
    case.shown(CHILD, "! new child", "● Request")
    case.accept_as_new()
    case.shown("Take the case on")
    case.do("Take the case on")
    case.shown("you have it")
    case.record("Decide to assess", "● Assessment")


def fill_by_keys(home: Home) -> None:
    """Read the message, open its form, agree to both, submit, and finish."""
    home.shown()
    home.terminal.press("tab", "enter")
    home.terminal.wait_for("You are required to submit information")
    home.terminal.press("enter")
    home.terminal.wait_for("Educational Advice", CHILD)
    home.terminal.press("enter")
    form = Form(home.terminal)
    form.select_role()
    form.to_step(8)
    form.agree()
    Submitted(home.terminal).terminal.wait_for("[ Submit ]")
    home.terminal.press("enter")
    home.terminal.wait_for(
        "Form Submitted", "Educational Advice for Statutory EHC Assessment", CHILD
    )
    home.terminal.press("enter")
    Progress(home.terminal).shown("● Assessment", "Educational Advice")


def give_again(who: Someone, submission: str) -> None:
    """Add what was missing and submit again."""
    done(save(who, UUID(submission), {"assured_by": "Team manager"}))
    done(submit(who, UUID(submission)))


def publish(officer: Someone, reader: Someone, case: UUID, person: UUID, kind: str) -> None:
    document = done(upload(officer, person, name=f"{kind}.pdf")).json()["id"]
    wanted = {"id": str(uuid4()), "document": document, "kind": kind, "readers": [str(reader.id)]}
    done(officer.post(f"/v1/desk/cases/{case}/publications", json=wanted))


def read_the_plans(home: Home) -> None:
    """Find both plans among the messages and on the progress page."""
    home.shown()
    home.terminal.press("tab", "enter")
    home.terminal.wait_for("Draft EHC plan to read", "Final EHC plan to read")
    home.terminal.press("enter")
    home.terminal.wait_for("can be read and saved", "Open the progress page")
    home.terminal.press("enter")
    Progress(home.terminal).shown("● EHCP Reviews")
