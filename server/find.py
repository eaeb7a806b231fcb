"""Global search: the first results of each kind, with the access rules of the lists."""

from collections.abc import Iterator
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from server.accounts.actor import Actor, TwoStepVerified
from server.core.audit import Action
from server.core.database import Transaction
from server.core.folding import fold
from server.core.routing import TransactionRoute, Tx
from server.desk.listing import list_cases
from server.forms.catalogue import catalogue, pinned_forms
from server.forms.filling import visible_submissions
from server.forms.tables import Submission, SubmissionShare
from server.messages.inbox import NEWEST_FIRST, matching_messages
from server.people.listing import list_people
from server.people.search import LAST_CODE_POINT, split_words
from server.people.tables import ListedWord, Person
from server.support.service import find_accounts
from shared.accounts import Staff
from shared.caselist import CaseQuery, DeskView
from shared.forms.submissions import SubmissionState
from shared.home import FIND_ROWS, FindOut, FindQuery, SearchResult
from shared.messages import MessageQuery
from shared.people import PeopleQuery, View
from shared.places import PlaceKind
from shared.values.days import format_datetime, format_day

router = APIRouter(prefix="/v1", route_class=TransactionRoute)


class _Match(NamedTuple):
    """A result, and the child or account that it shows."""

    shown: UUID | None
    result: SearchResult


def find(tx: Transaction, actor: Actor, words: str) -> list[SearchResult]:
    """Find everything that the actor may open and that matches all words, and audit it.

    Blank input finds nothing.
    """
    matches = _find_matches(tx, actor, words)
    actor.record_shown(tx, Action.SHOWN_IN_SEARCH, (match.shown for match in matches))
    return [match.result for match in matches]


def _find_matches(tx: Transaction, actor: Actor, words: str) -> list[_Match]:
    if not words.strip():
        return []
    match actor.staff:
        case Staff.OFFICER:
            matches = _find_cases(tx, actor, words)
        case Staff.SUPPORT:
            matches = _find_accounts(tx, words)
        case _:
            matches = [*_find_people(tx, actor, words), *_find_forms(tx, actor, words)]
    return [*matches, *_find_messages(tx, actor, words)]


def _find_people(tx: Transaction, actor: Actor, words: str) -> Iterator[_Match]:
    query = PeopleQuery(find=words, view=View.ALL, limit=FIND_ROWS)
    for row in list_people(tx, actor, query).rows:
        yield _Match(
            row.id,
            SearchResult(
                place=PlaceKind.PERSON.of(row.id).path,
                words=f"{row.first_name} {row.last_name}",
                hint=f"born {format_day(row.born)} · {row.school}",
            ),
        )


def _find_forms(tx: Transaction, actor: Actor, words: str) -> Iterator[_Match]:
    """Find the actor's own and shared forms by child, title or reference."""
    own_ids = select(Submission.id).where(Submission.account_id == actor.account_id)
    shared_ids = select(SubmissionShare.submission_id).where(
        SubmissionShare.account_id == actor.account_id
    )
    query = (
        visible_submissions(actor)
        .add_columns(Person)
        .join(Person, col(Person.id) == col(Submission.person_id))
        .where(
            or_(col(Submission.id).in_(own_ids), col(Submission.id).in_(shared_ids)),
            *(_has_word(tx, actor, word) for word in fold(words).split()),
        )
        .order_by(col(Submission.saved_at).desc())
        .limit(FIND_ROWS)
    )
    rows = tx.session.execute(query).all()
    definitions = pinned_forms(tx, ((form.form, form.form_version) for form, _ in rows))
    for form, person in rows:
        title = definitions[form.form, form.form_version].title
        yield _Match(person.id, _form_result(form, f"{person.name} · {title}"))


def _has_word(tx: Transaction, actor: Actor, word: str) -> ColumnElement[bool]:
    child_words = select(ListedWord.person_id).where(
        ListedWord.person_id == Submission.person_id,
        ListedWord.account_id == actor.account_id,
        col(ListedWord.word) >= word,
        col(ListedWord.word) < word + LAST_CODE_POINT,
    )
    forms = catalogue(tx.services.settings.forms).values()
    form_ids = [
        form.id
        for form in forms
        if any(title_word.startswith(word) for title_word in split_words(form.title))
    ]
    return or_(
        child_words.exists(),
        col(Submission.form).in_(form_ids),
        col(Submission.reference).startswith(word.upper(), autoescape=True),
    )


def _form_result(form: Submission, words: str) -> SearchResult:
    if form.state != SubmissionState.SUBMITTED:
        place, hint = PlaceKind.CONTINUE_FORM, f"saved {format_datetime(form.saved_at)}"
    else:
        place, hint = PlaceKind.VERSIONS, f"submitted · {form.reference}"
    return SearchResult(place=place.of(form.id).path, words=words, hint=hint)


def _find_cases(tx: Transaction, actor: Actor, words: str) -> list[_Match]:
    """Find cases by child, or by a reference of a form or a letter, open ones first."""
    rows = [
        row
        for view in (DeskView.ALL, DeskView.CLOSED)
        for row in list_cases(tx, actor, CaseQuery(find=words, view=view, limit=FIND_ROWS)).rows
    ]
    return [
        _Match(
            row.person,
            SearchResult(
                place=PlaceKind.CASE.of(row.id).path,
                words=row.name,
                hint=f"born {format_day(row.born)} · {row.state_words}",
            ),
        )
        for row in rows[:FIND_ROWS]
    ]


def _find_accounts(tx: Transaction, words: str) -> list[_Match]:
    """Find professionals' accounts by a prefix of the email address."""
    return [
        _Match(
            account.id,
            SearchResult(
                place=PlaceKind.SUPPORT_ACCOUNT.of(account.id).path,
                words=account.email,
                hint=account.name,
            ),
        )
        for account in find_accounts(tx, words)[:FIND_ROWS]
        if account.name
    ]


def _find_messages(tx: Transaction, actor: Actor, words: str) -> Iterator[_Match]:
    messages = matching_messages(actor, MessageQuery(find=words))
    query = messages.order_by(*NEWEST_FIRST).limit(FIND_ROWS)
    for message in tx.session.execute(query).scalars():
        yield _Match(
            message.person_id,
            SearchResult(
                place=PlaceKind.MESSAGE.of(message.id).path,
                words=message.subject,
                hint=f"received {format_datetime(message.sent_at)}",
            ),
        )


@router.get("/find")
def search(actor: TwoStepVerified, tx: Tx, query: Annotated[FindQuery, Query()]) -> FindOut:
    """Search for children, forms, cases and messages."""
    return FindOut(results=find(tx, actor, query.q))
