"""The global search: the first results of each kind, authorised like the lists."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from server.accounts.actor import Actor, TwoStepVerified
from server.core.database import Transaction
from server.core.folding import fold
from server.core.routing import TransactionRoute, Tx
from server.desk.listing import list_cases
from server.forms.catalogue import catalogue, pinned_forms
from server.forms.filling import visible_submissions
from server.forms.tables import Submission, SubmissionShare
from server.messages.inbox import NEWEST_FIRST, matching_messages
from server.people.listing import list_people
from server.people.search import LAST_CODE_POINT, words_of
from server.people.tables import ListedWord, Person
from server.support.service import find_accounts
from shared.accounts import Staff
from shared.desk import CaseQuery, DeskView
from shared.forms.submissions import SubmissionState
from shared.home import FIND_ROWS, FindOut, FindQuery, SearchResult
from shared.messages import MessageQuery
from shared.people import PeopleQuery, View
from shared.places import PlaceKind
from shared.values.days import write_day, write_received

router = APIRouter(prefix="/v1", route_class=TransactionRoute)


def find(tx: Transaction, actor: Actor, words: str) -> list[SearchResult]:
    """Return what the actor may open that matches all words; nothing for white space."""
    if not words.strip():
        return []
    match actor.staff:
        case Staff.OFFICER:
            results = _cases(tx, actor, words)
        case Staff.SUPPORT:
            results = _accounts(tx, words)
        case _:
            results = [*_people(tx, actor, words), *_forms(tx, actor, words)]
    return [*results, *_messages(tx, actor, words)]


def _people(tx: Transaction, actor: Actor, words: str) -> Iterator[SearchResult]:
    query = PeopleQuery(find=words, view=View.ALL, limit=FIND_ROWS)
    for row in list_people(tx, actor, query).rows:
        yield SearchResult(
            place=PlaceKind.PERSON.of(row.id).path,
            words=f"{row.first_name} {row.last_name}",
            hint=f"born {write_day(row.born)} · {row.school}",
        )


def _forms(tx: Transaction, actor: Actor, words: str) -> Iterator[SearchResult]:
    """Find forms that the actor fills by words of the child, the title and the reference."""
    own = select(Submission.id).where(Submission.account_id == actor.account_id)
    shared = select(SubmissionShare.submission_id).where(
        SubmissionShare.account_id == actor.account_id
    )
    query = (
        visible_submissions(actor)
        .add_columns(Person)
        .join(Person, col(Person.id) == col(Submission.person_id))
        .where(
            or_(col(Submission.id).in_(own), col(Submission.id).in_(shared)),
            *(_has_word(tx, actor, word) for word in fold(words).split()),
        )
        .order_by(col(Submission.saved_at).desc())
        .limit(FIND_ROWS)
    )
    rows = tx.session.execute(query).all()
    definitions = pinned_forms(tx, ((form.form, form.form_version) for form, _ in rows))
    for form, person in rows:
        title = definitions[form.form, form.form_version].title
        yield _form(form, f"{person.name} · {title}")


def _has_word(tx: Transaction, actor: Actor, word: str) -> ColumnElement[bool]:
    of_child = select(ListedWord.person_id).where(
        ListedWord.person_id == Submission.person_id,
        ListedWord.account_id == actor.account_id,
        col(ListedWord.word) >= word,
        col(ListedWord.word) < word + LAST_CODE_POINT,
    )
    forms = catalogue(tx.services.settings.forms).values()
    titled = [
        form.id for form in forms if any(one.startswith(word) for one in words_of(form.title))
    ]
    return or_(
        of_child.exists(),
        col(Submission.form).in_(titled),
        col(Submission.reference).startswith(word.upper(), autoescape=True),
    )


def _form(form: Submission, words: str) -> SearchResult:
    if form.state != SubmissionState.SUBMITTED:
        place, hint = PlaceKind.CONTINUE_FORM, f"saved {write_received(form.saved_at)}"
    else:
        place, hint = PlaceKind.VERSIONS, f"submitted · {form.reference}"
    return SearchResult(place=place.of(form.id).path, words=words, hint=hint)


def _cases(tx: Transaction, actor: Actor, words: str) -> list[SearchResult]:
    """Find cases by words of the child, the open ones first, or by the reference of a form."""
    rows = [
        row
        for view in (DeskView.ALL, DeskView.CLOSED)
        for row in list_cases(tx, actor, CaseQuery(find=words, view=view, limit=FIND_ROWS)).rows
    ]
    results = [
        SearchResult(
            place=PlaceKind.CASE.of(row.id).path,
            words=row.name,
            hint=f"born {write_day(row.born)} · {row.state_words}",
        )
        for row in rows
    ]
    return [*_case_by_reference(tx, actor, words), *results[:FIND_ROWS]]


def _case_by_reference(tx: Transaction, actor: Actor, reference: str) -> Iterator[SearchResult]:
    query = (
        visible_submissions(actor)
        .add_columns(Person)
        .join(Person, col(Person.id) == col(Submission.person_id))
        .where(
            col(Submission.reference) == reference.strip().upper(),
            col(Submission.case_id).is_not(None),
        )
    )
    for form, person in tx.session.execute(query):
        yield SearchResult(
            place=PlaceKind.CASE.of(form.case_id).path,
            words=f"{person.last_name}, {person.first_name}",
            hint=f"born {write_day(person.born)} · {form.reference}",
        )


def _accounts(tx: Transaction, words: str) -> list[SearchResult]:
    """Find professionals' accounts by the start of the email address."""
    return [
        SearchResult(
            place=PlaceKind.SUPPORT_ACCOUNT.of(account.id).path,
            words=account.email,
            hint=account.name,
        )
        for account in find_accounts(tx, words)[:FIND_ROWS]
        if account.name
    ]


def _messages(tx: Transaction, actor: Actor, words: str) -> Iterator[SearchResult]:
    messages = matching_messages(actor, MessageQuery(find=words))
    query = messages.order_by(*NEWEST_FIRST).limit(FIND_ROWS)
    for message in tx.session.execute(query).scalars():
        yield SearchResult(
            place=PlaceKind.MESSAGE.of(message.id).path,
            words=message.subject,
            hint=f"received {write_received(message.sent_at)}",
        )


@router.get("/find")
def search(actor: TwoStepVerified, tx: Tx, query: Annotated[FindQuery, Query()]) -> FindOut:
    """Find a child, a form, a case or a message by words."""
    return FindOut(results=find(tx, actor, query.q))
