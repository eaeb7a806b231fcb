"""`portal receipt verify` checks a saved copy, with the portal's key or online."""

import os
import subprocess
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from tests.parts import Factory, Someone
from tests.running import BIN, ServerProcess
from tests.server.steps import ok, submission_path, submit_request


@pytest.fixture
def me(someone: Factory) -> Someone:
    return someone(f"{uuid4().hex}@osierbeck.example")


def run_portal(home: Path, *arguments: object) -> tuple[int, str]:
    """Run the command with the given arguments, and return its exit code and output."""
    result = subprocess.run(
        [BIN / "portal", *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout + result.stderr


def save_copy(me: Someone, submission: UUID, kind: str, folder: Path) -> Path:
    file = folder / f"copy.{kind}"
    file.write_bytes(
        ok(me.get(f"{submission_path(submission)}/copy", params={"kind": kind})).content
    )
    return file


def test_copy_is_verified_and_changed_copy_is_rejected(
    me: Someone, server: ServerProcess, home: Path, tmp_path: Path
) -> None:
    submission = submit_request(me)
    reference = ok(me.get(submission_path(submission))).json()["reference"]
    key = tmp_path / "key.json"
    key.write_bytes(httpx.get(f"{server.url}/v1/receipts/key").content)
    for kind in ("pdf", "text"):
        file = save_copy(me, submission, kind, tmp_path)
        online = ("--server", server.url, "receipt", "verify", file)
        offline = ("receipt", "verify", file, "--key", key)
        for command in (online, offline):
            code, output = run_portal(home, *command)
            assert code == 0, output
            assert f"✓ {file} is as the portal made it." in output
            assert f"Reference {reference}: professional-request, version 1" in output
        content = file.read_bytes()
        file.write_bytes(content.replace(b"Leicester", b"Leicestor", 1))
        assert file.read_bytes() != content
        code, output = run_portal(home, *online)
        assert (code, "something in it has been changed" in output) == (1, True)


def test_receipt_that_cannot_be_checked_is_not_called_invalid(
    me: Someone, home: Path, tmp_path: Path
) -> None:
    file = save_copy(me, submit_request(me), "text", tmp_path)
    for arguments, reason in (
        (("receipt", "verify", tmp_path / "none"), "can't be read: it isn't there"),
        (("--server", "http://127.0.0.1:1", "receipt", "verify", file), "could not be reached"),
        (("receipt", "verify", file, "--key", file), "does not contain a portal's key"),
    ):
        code, output = run_portal(home, *arguments)
        assert (code, reason in output) == (2, True), output
        assert "Traceback" not in output
