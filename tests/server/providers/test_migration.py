"""The migration that adds providers, with data, there and back."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlmodel import Session, SQLModel, select

from server.accounts.tables import (
    Account,
    ExternalIdentity,
    ProviderSession,
    ProviderSignIn,
    StoredSession,
)
from server.core import migrate
from server.core.database import open_database
from shared.accounts import SecondStep, SessionState
from tests.parts import make_account

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 3, 2, tzinfo=UTC)
BEFORE = "0016"


def _make_session(account: Account) -> StoredSession:
    return StoredSession(
        account_id=account.id,
        digest=str(uuid4()),
        state=SessionState.SIGNED_IN,
        created_at=NOW,
        last_used_at=NOW,
        ends_at=NOW,
        proved_at=NOW,
    )


def test_accounts_of_providers_survive_without_their_sessions(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    ours = make_account(uuid4(), "head@osierbeck.example", "hash", NOW)
    theirs = make_account(uuid4(), "ada.quill@leicester.example", "", NOW)
    ours.second_step, theirs.second_step = SecondStep.EMAIL, SecondStep.PROVIDER
    own_session, session = _make_session(ours), _make_session(theirs)
    identity = ExternalIdentity(
        account_id=theirs.id, provider="council", subject="1", linked_at=NOW
    )
    link = ProviderSession(
        session_id=session.id, identity_id=identity.id, asked_at=NOW, confirmed_at=NOW
    )
    waiting = ProviderSignIn(
        id=uuid4(), provider="council", code="a", state_digest="b", expires_at=NOW
    )
    rows: list[SQLModel] = [ours, theirs, own_session, session, identity, link, waiting]
    with Session(engine, expire_on_commit=False) as database:
        for row in rows:
            database.add(row)
            database.flush()
        database.commit()
    migrate.downgrade(engine, BEFORE)
    migrate.upgrade(engine)
    with Session(engine) as database:
        steps = {row.email: row.second_step for row in database.exec(select(Account))}
        assert steps == {ours.email: SecondStep.EMAIL, theirs.email: SecondStep.NONE}
        assert [row.id for row in database.exec(select(StoredSession))] == [own_session.id]
        assert not database.exec(select(ExternalIdentity)).all()
    engine.dispose()
