"""Baseline for P6 and P7: the same jobs, written as in the FastAPI and SQLModel tutorials.

Reads a page of a list and saves a draft, with the same tables, session lookup, audit row and
durable SQLite settings as the portal's routes. Everything else follows the tutorials: a
`get_session` generator dependency, a chain of dependencies for the current user, `response_model`,
sync routes in the thread pool, ORM rows, `session.commit()` and a refresh.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session, col, create_engine, func, select

import server.cases.tables  # noqa: F401 - Submission has a foreign key to its table
from server.accounts.tables import Account, StoredSession
from server.core.audit import Action, AuditEvent
from server.core.keys import Keys, Purpose
from server.forms.tables import StoredAnswer, StoredSave, Submission
from server.people.tables import ListedPerson, Person
from shared.accounts import SecondStep, SessionState
from shared.forms.submissions import SaveAnswers, Saved
from shared.people import PeoplePage, PersonRow

IDLE_LIMIT = timedelta(minutes=30)
TOUCH_INTERVAL = timedelta(minutes=1)

keys = Keys(os.environ["PORTAL_SECRET_KEY"])
engine = create_engine(os.environ["TUTORIAL_DATABASE"], connect_args={"check_same_thread": False})
app = FastAPI()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


@event.listens_for(engine, "connect")
def set_sqlite_pragma(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Use the portal's SQLite settings: durable commits, and writers that wait for each other."""
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def get_session() -> Iterator[Session]:
    """Yield a database session for one request."""
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
TokenDep = Annotated[str, Depends(oauth2_scheme)]


def get_current_account(session: SessionDep, token: TokenDep) -> Account:
    """Return the account of the bearer token."""
    now = datetime.now(UTC)
    row = session.exec(
        select(StoredSession, Account)
        .join(Account, col(Account.id) == col(StoredSession.account_id))
        .where(StoredSession.digest == keys.digest(Purpose.SESSION, token))
    ).first()
    if row is None:
        raise HTTPException(401)
    stored_session, account = row
    has_ended = now >= min(stored_session.ends_at, stored_session.last_used_at + IDLE_LIMIT)
    if has_ended or stored_session.state != SessionState.SIGNED_IN or account.disabled_at:
        raise HTTPException(401)
    if now >= stored_session.last_used_at + TOUCH_INTERVAL:
        stored_session.last_used_at = now
        session.add(stored_session)
        session.commit()
        session.refresh(account)
    return account


def get_current_professional(
    account: Annotated[Account, Depends(get_current_account)],
) -> Account:
    """Return the account if it is a professional's with a second step."""
    if account.staff is not None or account.second_step == SecondStep.NONE:
        raise HTTPException(403)
    return account


ProfessionalDep = Annotated[Account, Depends(get_current_professional)]


@app.get("/v1/people", response_model=PeoplePage)
def read_people(
    session: SessionDep,
    account: ProfessionalDep,
    offset: int = 0,
    limit: Annotated[int, Query(le=200)] = 50,
) -> PeoplePage:
    """Return a page of the professional's list."""
    statement = (
        select(Person, ListedPerson)
        .join(ListedPerson, col(ListedPerson.person_id) == col(Person.id))
        .where(ListedPerson.account_id == account.id, col(ListedPerson.hidden_at).is_(None))
    )
    total = session.exec(select(func.count()).select_from(statement.subquery())).one()
    people = session.exec(
        statement.order_by(col(Person.sort_name), col(Person.id)).offset(offset).limit(limit)
    ).all()
    rows = [
        PersonRow(
            id=person.id,
            first_name=person.first_name,
            last_name=person.last_name,
            born=person.born,
            address=f"{person.address}, {person.postcode}",
            school=person.school,
            hidden=listed.hidden_at is not None,
            allocated=listed.allocated,
        )
        for person, listed in people
    ]
    end = offset + len(rows)
    return PeoplePage(
        rows=rows,
        start=offset,
        total=total,
        next=str(end) if end < total else None,
        previous=str(max(0, offset - limit)) if offset else None,
    )


@app.patch("/v1/submissions/{submission_id}/answers", response_model=Saved)
def save_answers(
    submission_id: UUID,
    save: SaveAnswers,
    session: SessionDep,
    account: ProfessionalDep,
    if_match: Annotated[str, Header()],
    request: Request,
    response: Response,
) -> Saved:
    """Save some answers of the professional's draft."""
    submission = session.get(Submission, submission_id)
    if submission is None or submission.account_id != account.id:
        raise HTTPException(404)
    if session.get(ListedPerson, (account.id, submission.person_id)) is None:
        raise HTTPException(404)
    stored_save = session.get(StoredSave, save.save)
    if stored_save is None:
        if if_match != f'"{submission.version}"':
            raise HTTPException(412)
        stored_save = write_answers(session, account, submission, save)
        session.add(
            AuditEvent(
                at=stored_save.saved_at,
                action=Action.FORM_SAVED,
                account_id=account.id,
                subject_id=submission.id,
                person_id=submission.person_id,
                address=request.client.host if request.client else "",
            )
        )
        session.commit()
        session.refresh(stored_save)
    response.headers["ETag"] = f'"{stored_save.version}"'
    return Saved(version=stored_save.version, saved_at=stored_save.saved_at)


def write_answers(
    session: Session, account: Account, submission: Submission, save: SaveAnswers
) -> StoredSave:
    """Write the answers, the save, and the draft's new version."""
    for field, value in save.changes.items():
        answer = session.get(StoredAnswer, (submission.id, field))
        if answer is None:
            answer = StoredAnswer(submission_id=submission.id, field=field, answer=value)
        answer.answer = value
        answer.account_id = account.id
        session.add(answer)
    submission.version += 1
    submission.saved_at = datetime.now(UTC)
    submission.saved_by = account.id
    session.add(submission)
    stored_save = StoredSave(
        id=save.save,
        submission_id=submission.id,
        version=submission.version,
        saved_at=submission.saved_at,
    )
    session.add(stored_save)
    return stored_save
