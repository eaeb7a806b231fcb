"""Backups of documents in S3, which may not answer."""

import os
import socket
from collections.abc import Iterator

import httpx
import pytest
from moto.server import ThreadedMotoServer

from server import cli
from server.backups.making import list_backups
from server.backups.making import make_backup as make_backup_of
from server.core.backup_runs import LEASE, BackupRun, RunBusy
from server.core.database import Services
from server.core.settings import Settings
from shared.values.days import utc_now
from tests.forked import ForkedProcess
from tests.parts import Clock, Someone
from tests.running import TIMEOUT_SECONDS
from tests.server.backups.conftest import Run
from tests.server.backups.steps import assert_restored, make_backup, read_documents
from tests.server.backups.test_making import fill
from tests.server.steps import rows

REGION = "eu-west-2"
CONFIGURATION = (
    '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    f"<LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
)

pytestmark = [
    pytest.mark.usefixtures("programs"),
    pytest.mark.parametrize("settings", ["sqlite"], indirect=True),
]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Address of an S3 with two buckets."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    for bucket in ("documents", "elsewhere"):
        httpx.put(f"{url}/{bucket}", content=CONFIGURATION).raise_for_status()
    yield url
    server.stop()


@pytest.fixture
def buckets(
    s3: str, settings: Settings, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the documents of each place be in a bucket of its own."""
    values = {
        "ENDPOINT": s3,
        "ACCESS_KEY_ID": "a",
        "SECRET_ACCESS_KEY": "b",
        "REGION": REGION,
        "ALLOW_HTTP": "true",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    settings.documents_url = "s3://documents/portal"
    elsewhere.documents_url = "s3://elsewhere"
    monkeypatch.setenv("PORTAL_DOCUMENTS_URL", settings.documents_url)


def test_documents_in_s3_are_backed_up_and_restored(
    buckets: None,
    me: Someone,
    settings: Settings,
    elsewhere: Settings,
    run_at: Run,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(me)
    file = make_backup(settings.backup_folder)
    assert cli.main(["backup", "rehearse"]) == 0
    assert run_at(elsewhere, "restore", file) == 0
    assert len(read_documents(elsewhere)) == 2
    assert_restored(settings, elsewhere)
    (elsewhere.data / "portal.db").unlink()
    assert run_at(elsewhere, "restore", file) == cli.EXIT_FAILURE
    assert "files in the document store" in capsys.readouterr().err


def test_unreachable_store_is_one_sentence_and_no_backup(
    me: Someone,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(me)
    monkeypatch.setenv("PORTAL_DOCUMENTS_URL", "s3://documents")
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    assert cli.main(["backup"]) == cli.EXIT_FAILURE
    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("The document store can't be read")
    assert list_backups(settings.backup_folder) == []


def test_killed_backup_leaves_no_file_and_a_lease_that_ends(
    me: Someone, services: Services, settings: Settings, clock: Clock
) -> None:
    fill(me)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections and says nothing
        env = {
            "PORTAL_DOCUMENTS_URL": "s3://documents",
            "AWS_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_SKIP_SIGNATURE": "true",
        }
        backup = ForkedProcess("backup", env={**os.environ, **env})
        silent.settimeout(TIMEOUT_SECONDS)
        connection, _ = silent.accept()
        backup.kill()
        connection.close()
    folder = settings.backup_folder
    assert list_backups(folder) == []
    assert not list(settings.data.glob(".backup-*"))
    [run] = rows(services, BackupRun)
    assert (run.outcome, run.finished_at) == ("", None)
    clock.now = utc_now()
    with pytest.raises(RunBusy):
        make_backup_of(services, folder, 30)
    clock.now += LEASE
    made = make_backup_of(services, folder, 30)
    assert list(folder.iterdir()) == [made.path]
