from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from server.core.passwords import hash_password

from server.accounts.tables import Account, SessionKept, WorkDetailsRow
from server.app import create_app
from server.core.database import Services
from server.core.keys import Purpose, new_token
from server.core.settings import Settings
from shared.accounts import ProfessionalRole, SecondStep, SessionState
from tests.parts import PASSWORD, Clock, copy_sqlite, empty, settings_for

HOURS = 12


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Every test of the server runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
        yield settings_for(tmp_path)
    else:
        url = request.getfixturevalue("postgres")
        yield settings_for(tmp_path, url)
        empty(url)


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[FastAPI]:
    made = create_app(settings, clock=clock)
    yield made
    made.state.services.engine.dispose()


@pytest.fixture
def services(app: FastAPI) -> Services:
    found = app.state.services
    assert isinstance(found, Services)
    return found


@pytest.fixture
def http(app: FastAPI) -> TestClient:
    """Nobody: a client without a session."""
    return TestClient(app, raise_server_exceptions=False)


@dataclass
class Someone:
    """An account and a client that is signed in to it."""

    id: UUID
    email: str
    token: str
    work: UUID | None
    http: TestClient

    def __post_init__(self) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.get = self.http.get
        self.post = self.http.post
        self.put = self.http.put
        self.patch = self.http.patch
        self.delete = self.http.delete


Factory = Callable[..., Someone]


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def someone(app: FastAPI, services: Services, password_hash: str) -> Factory:
    """Makes people with an account: someone(email=…, two_step=…, signed_in=…, work=…)."""

    def make(
        email: str = "senco@osierbeck.example",
        *,
        two_step: SecondStep = SecondStep.EMAIL,
        signed_in: bool = True,
        work: bool = True,
    ) -> Someone:
        token, account, card = new_token(), uuid4(), uuid4()
        state = SessionState.SIGNED_IN if signed_in else SessionState.CODE_REQUIRED
        with services.transaction() as tx:
            tx.session.add(
                Account(
                    id=account, email=email, password_hash=password_hash, first_name="Ada",
                    last_name=email.split("@")[0].title(), phone="0116 496 0101",
                    notice_accepted_at=tx.now, created_at=tx.now, second_step=two_step,
                )
            )  # fmt: skip
            tx.session.flush()
            if work:
                tx.session.add(
                    WorkDetailsRow(
                        id=card, account_id=account, role=ProfessionalRole.SENCO,
                        organisation="Osierbeck Academy", address="1 Osier Way, Leicester",
                        postcode="LE1 1FZ", work_phone="0116 496 0102", created_at=tx.now,
                    )
                )  # fmt: skip
            tx.session.add(
                SessionKept(
                    account_id=account, digest=services.keys.digest(Purpose.SESSION, token),
                    state=state, created_at=tx.now, last_used_at=tx.now, proved_at=tx.now,
                    ends_at=tx.now + timedelta(hours=HOURS),
                )
            )  # fmt: skip
        client = TestClient(app, raise_server_exceptions=False)
        return Someone(account, email, token, card if work else None, client)

    return make
