"""Make recordings by running the load against a prepared server under strace."""

import shutil
import socket
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from server.accounts.tables import Account, StoredSession, WorkDetailsRow
from server.app import open_services
from server.core.database import Transaction
from server.core.keys import Purpose, new_token
from shared.accounts import ProfessionalRole, SecondStep, SessionState
from tests.parts import SECRET, settings_for
from tests.powercut import strace
from tests.powercut.disk import Disk, select_all
from tests.powercut.events import Event, Replay
from tests.powercut.plan import Plan, Worker

SESSION_HOURS = 12


@dataclass(frozen=True)
class Recording:
    """The initial files and the events that changed them."""

    initial_files: dict[str, bytes]
    events: list[Event]


def make_recording(folder: Path, *, clients: int, rounds: int, kills: int) -> Recording:
    """Run the load against a server whose database is in `folder`/data.

    Raises strace.RecordingFailed.
    """
    data, port = folder / "data", find_free_port()
    url = f"http://127.0.0.1:{port}"
    workers = add_workers(data, clients)
    shutil.copytree(data, folder / "before")
    write_log = folder / "marks"
    write_log.touch()
    plan = Plan(url=url, write_log=write_log, workers=workers, rounds=rounds, kills=kills)
    env = {
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_UNSCANNED": "accept",
        "PORTAL_MAIL": "none",
        "PORTAL_DATA": str(data),
        "PORTAL_PORT": str(port),
        "PORTAL_PUBLIC_URL": url,
    }
    command = [sys.executable, "-m", "tests.powercut.load"]
    strace.record(command, folder / "strace.log", env, plan.model_dump_json())
    return read_recording(folder)


def read_recording(folder: Path) -> Recording:
    """Read the recording in a folder, which must not have been moved.

    Raises strace.RecordingFailed if replaying it does not produce the files in the folder.
    """
    with (folder / "strace.log").open() as lines:
        events = list(strace.read(lines, folder / "data", folder / "marks"))
    recording = Recording(read_files(folder / "before"), events)
    require_complete(recording, folder / "data")
    return recording


def find_free_port() -> int:
    """Find a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def add_workers(data: Path, count: int) -> list[Worker]:
    """Add accounts with work details and a session to the database."""
    services = open_services(settings_for(data))
    try:
        with services.transaction() as tx:
            return [_add_worker(tx, f"senco{number}@osierbeck.example") for number in range(count)]
    finally:
        services.engine.dispose()
        # The server recreates the folder, so the recording includes its sync.
        (data / "documents").rmdir()


def _add_worker(tx: Transaction, email: str) -> Worker:
    worker = Worker(account=uuid4(), email=email, token=new_token(), work=uuid4())
    tx.session.add(
        Account(
            id=worker.account,
            email=email,
            password_hash="",
            first_name="Ada",
            last_name="Reed",
            phone="0116 496 0101",
            notice_accepted_at=tx.now,
            created_at=tx.now,
            second_step=SecondStep.EMAIL,
        )
    )
    tx.session.flush()
    tx.session.add(
        WorkDetailsRow(
            id=worker.work,
            account_id=worker.account,
            role=ProfessionalRole.SENCO,
            organisation="Osierbeck Academy",
            address="1 Osier Way, Leicester",
            postcode="LE1 1FZ",
            work_phone="0116 496 0102",
            created_at=tx.now,
        )
    )
    tx.session.add(
        StoredSession(
            account_id=worker.account,
            state=SessionState.SIGNED_IN,
            created_at=tx.now,
            digest=tx.services.keys.digest(Purpose.SESSION, worker.token),
            last_used_at=tx.now,
            proved_at=tx.now,
            ends_at=tx.now + timedelta(hours=SESSION_HOURS),
        )
    )
    return worker


def read_files(data: Path) -> dict[str, bytes]:
    """Read the files of a data folder by path, except the -shm file that SQLite rebuilds."""
    return {
        str(file.relative_to(data)): file.read_bytes()
        for file in data.rglob("*")
        if file.is_file() and not file.name.endswith("-shm")
    }


def require_complete(recording: Recording, data: Path) -> None:
    """Raise RecordingFailed unless replaying the recording produces the actual files."""
    replay = Replay(Disk(recording.initial_files))
    try:
        for event in recording.events:
            replay.apply(event)
    except LookupError as error:
        raise strace.RecordingFailed(str(error)) from None
    replayed, actual = replay.disk.image(select_all), read_files(data)
    differing_paths = {path for path in replayed | actual if replayed.get(path) != actual.get(path)}
    if differing_paths:
        raise strace.RecordingFailed(
            f"The recording misses writes to these files: {sorted(differing_paths)[:5]}"
        )
