"""The demo's cases: made by the portal's own rules, as if the days had passed."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from sqlmodel import delete

from server.accounts.actor import Actor
from server.cases.allocating import put_on_list
from server.cases.service import add_event, newest_case
from server.core.database import Services
from server.core.outbox import OutboxMail
from server.demo.accounts import make_accounts, make_staff
from server.demo.children import CHILDREN, Child
from server.desk.actions import take
from server.desk.advice import ask
from server.forms import filling, saving
from server.forms.catalogue import form_to_fill
from server.forms.submitting import new_reference, submit
from server.forms.tables import Submission, SubmissionVersion
from server.messages.service import send_message
from server.people.lists import set_hidden
from server.people.service import add_person
from server.people.tables import Person
from shared.cases.events import RULES
from shared.desk import AskAdvice
from shared.forms.submissions import Answer, SaveAnswers, StartForm, SubmissionState
from shared.people import PersonNew
from shared.places import PlaceKind
from shared.values.days import write_day

REASON = "What help there is now meets the needs."
HIDDEN = "Lowri"
STARTED = "Nell"
FAMILY_ASKED = "Hamza"
FAMILY_ANSWERS = {
    "needs": "Noise and crowds are too much; mornings before school are hard.",
    "strengths": "Kind to younger children, and knows every bird by its song.",
    "help_so_far": "A quiet corner since last spring, and a visual timetable.",
    "hopes": "To be in class with friends, and to like going there again.",
}
ADVICE_ASKED = "Marlow"
FORMS = ("psychological-advice", "health-advice", "social-care-advice")
ALLOCATED = ("Marlow", "Tamsin", "Zubaida")


def fill(services: Services) -> None:
    """Fill an empty database with the demo's accounts, children and cases."""
    (senco, card), *others = make_accounts(services)
    officer = make_staff(services)[0]
    for child in CHILDREN:
        person = uuid4()
        _add(_ago(services, child.began or 0), senco, person, child)
        if child.first == STARTED:
            _start(services, senco, person, {"strengths": "Nell sings every song she has heard."})
        if child.began is not None:
            _case(services, senco, card, person, child, child.began)
        if child.first == FAMILY_ASKED:
            family_asks(_ago(services, 30), person)
        if child.first in ALLOCATED:
            _allocate(services, [actor for actor, _ in others], person, child)
        if child.first == ADVICE_ASKED:
            _ask(_ago(services, 30), officer, [actor for actor, _ in others], person)
    with services.transaction() as tx:
        tx.session.exec(delete(OutboxMail))


def _ago(services: Services, days: int) -> Services:
    moment = services.clock() - timedelta(days=days)
    return replace(services, clock=lambda: moment)


def _add(services: Services, actor: Actor, person: UUID, child: Child) -> None:
    new = PersonNew(
        id=person,
        first_name=child.first,
        last_name=child.surname,
        born=child.born,
        gender=child.gender,
        upn=child.upn,
        nhs_number=child.nhs,
        address=child.address,
        postcode=child.postcode,
        school=child.school,
    )
    with services.transaction() as tx:
        add_person(tx, actor, new)
        if child.last != child.surname:
            tx.session.get_one(Person, person).last_name = child.last
        if child.first == HIDDEN:
            set_hidden(tx, actor.account_id, person, hidden=True)


def _start(
    services: Services, actor: Actor, person: UUID, answers: dict[str, Answer | None]
) -> UUID:
    submission = uuid4()
    with services.transaction() as tx:
        item = StartForm(id=submission, form="professional-request", person=person)
        made = filling.start(tx, actor, item)
        drafts = SaveAnswers(save=uuid4(), changes=answers)
        saving.save(tx, actor, submission, drafts, made.version)
    return submission


def _case(
    services: Services, actor: Actor, card: UUID, person: UUID, child: Child, began: int
) -> None:
    requests = _ago(services, began)
    submission = _start(requests, actor, person, _answers(requests, child, card))
    with requests.transaction() as tx:
        submit(tx, actor, submission, uuid4())
    for days, kind in child.way:
        with _ago(services, began - days).transaction() as tx:
            case = newest_case(tx, person)
            assert case is not None  # noqa: S101 - opened by the request
            add_event(tx, case, kind, reason=REASON if RULES[kind].reason else "")


def _answers(services: Services, child: Child, card: UUID) -> dict[str, Answer | None]:
    name = child.first
    return {
        "work_details": str(card),
        "attainment": f"{name} reads 20 of 45 key words; a year ago it was 8.",
        "strengths": f"{name} builds with great patience, and remembers every route walked.",
        "communication": f"{name} follows two-step instructions when shown as well as told.",
        "cognition": f"{name} learns by doing, and needs new words more than twenty times.",
        "contacts": [
            {
                "id": uuid4().hex,
                "name": f"Parent of {name}",
                "relationship": "parent",
                "contact_details": "Phone 0116 496 0103, best after 4 pm",
                "discussed_on": write_day(services.clock().date()),
            },
            {
                "id": uuid4().hex,
                "name": f"{name} {child.surname}",
                "relationship": "young_person",
                "contact_details": "At school",
                "discussed_on": write_day(services.clock().date()),
            },
        ],
        "declaration": True,
        "sharing": True,
    }


def family_asks(services: Services, person: UUID) -> None:
    """Put a request of the child's parents into the case, as the authority received it."""
    with services.transaction() as tx:
        case = newest_case(tx, person)
        form_to_fill(tx, "parent-request")
        requests = Submission(
            id=uuid4(),
            form="parent-request",
            form_version=1,
            person_id=person,
            case_id=case.id if case else None,
            state=SubmissionState.SUBMITTED,
            reference=new_reference(tx),
            started_at=tx.now,
            saved_at=tx.now,
            submitted_at=tx.now,
        )
        tx.session.add(requests)
        tx.session.flush()
        tx.session.add(
            SubmissionVersion(
                id=uuid4(),
                submission_id=requests.id,
                number=1,
                submitted_at=tx.now,
                submitted_by="the family",
                answers={**FAMILY_ANSWERS},
            )
        )


def _allocate(services: Services, actors: list[Actor], person: UUID, child: Child) -> None:
    with services.transaction() as tx:
        for actor in actors:
            put_on_list(tx, person, actor.account_id)
            send_message(
                tx,
                to_account=actor.account_id,
                subject="A child was put on your list",
                body=f"{child.first} {child.surname} is on your list now: you work with them.",
                person=person,
                place=PlaceKind.PERSON.of(person),
                place_label="Open the progress page",
            )


def _ask(services: Services, officer: Actor, actors: list[Actor], person: UUID) -> None:
    """Ask each for the advice of their profession, and let the officer have the case."""
    with services.transaction() as tx:
        case = newest_case(tx, person)
        assert case is not None  # noqa: S101 - it is being assessed
        take(tx, officer, case.id)
        requests = [
            AskAdvice(id=uuid4(), submission=uuid4(), account=actor.account_id, form=form)
            for actor, form in zip(actors, FORMS, strict=True)
        ]
        ask(tx, officer, case.id, requests)
