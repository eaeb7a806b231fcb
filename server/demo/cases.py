"""The demo's cases, created through the portal's services with earlier dates."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from sqlmodel import delete

from server.accounts.actor import Actor
from server.cases.allocating import put_on_list
from server.cases.service import add_event, newest_case
from server.cases.tables import Case
from server.core.database import Services, Transaction
from server.core.outbox import OutboxMail
from server.demo.accounts import make_accounts, make_staff
from server.demo.children import CHILDREN, DECIDING, Child
from server.desk.advice import request_advice
from server.desk.matching import match
from server.desk.officers import take_on
from server.forms import filling, saving
from server.forms.catalogue import pin_form
from server.forms.submitting import new_reference, submit
from server.forms.tables import Submission, SubmissionVersion
from server.messages.service import send_message
from server.people.lists import set_hidden
from server.people.service import add_person
from server.people.tables import Person
from shared.cases.events import EventKind
from shared.cases.rules import RULES
from shared.desk import AskAdvice
from shared.forms.submissions import Answer, SaveAnswers, StartForm, SubmissionState
from shared.people import PersonNew
from shared.places import PlaceKind
from shared.values.days import format_day, london_day

EVENT_REASON = "What help there is now meets the needs."
INVITED = "The family, the school and the health service."
MEETING_NOTICE = timedelta(days=49)
"""From the call of a review to its meeting."""
HIDDEN_CHILD = "Lowri"
CHILD_WITH_DRAFT = "Nell"
CHILD_WITH_FAMILY_REQUEST = "Hamza"
FAMILY_ANSWERS = {
    "needs": "Noise and crowds are too much; mornings before school are hard.",
    "strengths": "Kind to younger children, and knows every bird by its song.",
    "help_so_far": "A quiet corner since last spring, and a visual timetable.",
    "hopes": "To be in class with friends, and to like going there again.",
}
CHILD_WITH_ADVICE = "Marlow"
ADVICE_FORMS = ("psychological-advice", "health-advice", "social-care-advice")
ALLOCATED_CHILDREN = ("Marlow", "Tamsin", "Zubaida")


def fill_database(services: Services) -> None:
    """Fill an empty database with the demo's accounts, children and cases."""
    (senco, work), *others = make_accounts(services)
    officer = make_staff(services)[0]
    professionals = [actor for actor, _ in others]
    for child in CHILDREN:
        person = uuid4()
        _add_child(_days_ago(services, child.days_since_request or 0), senco, person, child)
        if child.first == CHILD_WITH_DRAFT:
            answers: dict[str, Answer | None] = {
                "strengths": "Nell sings every song she has heard."
            }
            _start_form(services, senco, person, answers)
        if child.days_since_request is not None:
            _add_case(services, senco, work, person, child, child.days_since_request)
            if child.history not in ((), DECIDING):  # an officer matches a child before deciding
                with _days_ago(services, child.days_since_request).transaction() as tx:
                    match(tx, officer, person, None)
        if child.first == CHILD_WITH_FAMILY_REQUEST:
            add_family_request(_days_ago(services, 30), person)
        if child.first in ALLOCATED_CHILDREN:
            _allocate(services, professionals, person, child)
        if child.first == CHILD_WITH_ADVICE:
            _request_advice(_days_ago(services, 30), officer, professionals, person)
    with services.transaction() as tx:
        tx.session.exec(delete(OutboxMail))


def _days_ago(services: Services, days: int) -> Services:
    moment = services.clock() - timedelta(days=days)
    return replace(services, clock=lambda: moment)


def _add_child(services: Services, actor: Actor, person: UUID, child: Child) -> None:
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
        if child.first == HIDDEN_CHILD:
            set_hidden(tx, actor.account_id, person, hidden=True)


def _start_form(
    services: Services, actor: Actor, person: UUID, answers: dict[str, Answer | None]
) -> UUID:
    submission = uuid4()
    with services.transaction() as tx:
        body = StartForm(id=submission, form="professional-request", person=person)
        draft = filling.start(tx, actor, body)
        changes = SaveAnswers(save=uuid4(), changes=answers)
        saving.save(tx, actor, submission, changes, draft.version)
    return submission


def _add_case(
    services: Services, actor: Actor, work: UUID, person: UUID, child: Child, days: int
) -> None:
    on_request_day = _days_ago(services, days)
    submission = _start_form(
        on_request_day, actor, person, _request_answers(on_request_day, child, work)
    )
    with on_request_day.transaction() as tx:
        submit(tx, actor, submission, uuid4())
    for days_after, kind in child.history:
        with _days_ago(services, days - days_after).transaction() as tx:
            case = newest_case(tx, person)
            assert case is not None  # noqa: S101 - opened by the request
            _add_event(tx, case, kind)


def _add_event(tx: Transaction, case: Case, kind: EventKind) -> None:
    if kind is EventKind.REVIEW_CALLED:
        meeting = london_day(tx.now) + MEETING_NOTICE
        add_event(tx, case, kind, day=meeting, reason=INVITED)
    else:
        add_event(tx, case, kind, reason=EVENT_REASON if RULES[kind].reason else "")


def _request_answers(services: Services, child: Child, work: UUID) -> dict[str, Answer | None]:
    name = child.first
    return {
        "work_details": str(work),
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
                "discussed_on": format_day(services.clock().date()),
            },
            {
                "id": uuid4().hex,
                "name": f"{name} {child.surname}",
                "relationship": "young_person",
                "contact_details": "At school",
                "discussed_on": format_day(services.clock().date()),
            },
        ],
        "declaration": True,
        "sharing": True,
    }


def add_family_request(services: Services, person: UUID) -> None:
    """Add a request from the child's family to the case, as an officer would enter it."""
    with services.transaction() as tx:
        case = newest_case(tx, person)
        pin_form(tx, "parent-request")
        request = Submission(
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
        tx.session.add(request)
        tx.session.flush()
        tx.session.add(
            SubmissionVersion(
                id=uuid4(),
                submission_id=request.id,
                number=1,
                submitted_at=tx.now,
                submitted_by="the family",
                answers={**FAMILY_ANSWERS},
            )
        )


def _allocate(services: Services, actors: list[Actor], person: UUID, child: Child) -> None:
    with services.transaction() as tx:
        for actor in actors:
            put_on_list(tx, actor, person, actor.account_id)
            send_message(
                tx,
                to_account=actor.account_id,
                subject="A child was added to your list",
                body=f"{child.first} {child.surname} was added to your list.",
                person=person,
                place=PlaceKind.PERSON.of(person),
                place_label="Open the progress page",
            )


def _request_advice(services: Services, officer: Actor, actors: list[Actor], person: UUID) -> None:
    """Assign the case to the officer and request advice from each professional."""
    with services.transaction() as tx:
        case = newest_case(tx, person)
        assert case is not None  # noqa: S101 - opened by the request
        take_on(tx, officer, case.id)
        requests = [
            AskAdvice(id=uuid4(), submission=uuid4(), account=actor.account_id, form=form)
            for actor, form in zip(actors, ADVICE_FORMS, strict=True)
        ]
        request_advice(tx, officer, case.id, requests)
