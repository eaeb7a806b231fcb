"""A saved copy is checked by the command, with the portal's key and without the portal."""

import os
import subprocess
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from tests.parts import Factory, Someone
from tests.running import BIN, ServerProcess
from tests.server.steps import ok, submission_path, submitted


@pytest.fixture
def me(someone: Factory) -> Someone:
    return someone(f"{uuid4().hex}@osierbeck.example")


def verify(home: Path, *arguments: object) -> tuple[int, str]:
    """Run `portal receipt verify`; returns its exit code and output."""
    ran = subprocess.run(
        [BIN / "portal", *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def saved(me: Someone, submission: UUID, kind: str, folder: Path) -> Path:
    file = folder / f"copy.{kind}"
    file.write_bytes(
        ok(me.get(f"{submission_path(submission)}/copy", params={"kind": kind})).content
    )
    return file


def test_a_copy_verifies_and_one_with_a_letter_changed_does_not(
    me: Someone, server: ServerProcess, home: Path, tmp_path: Path
) -> None:
    submission = submitted(me)
    reference = ok(me.get(submission_path(submission))).json()["reference"]
    key = tmp_path / "key.json"
    key.write_bytes(httpx.get(f"{server.url}/v1/receipts/key").content)
    for kind in ("pdf", "text"):
        file = saved(me, submission, kind, tmp_path)
        online = ("--server", server.url, "receipt", "verify", file)
        offline = ("receipt", "verify", file, "--key", key)
        for command in (online, offline):
            code, output = verify(home, *command)
            assert code == 0, output
            assert f"✓ {file} is as the portal made it." in output
            assert f"Reference {reference}: professional-request, version 1" in output
        content = file.read_bytes()
        file.write_bytes(content.replace(b"Leicester", b"Leicestor", 1))
        assert file.read_bytes() != content
        code, output = verify(home, *online)
        assert (code, "something in it was changed" in output) == (1, True)


def test_what_cannot_be_checked_is_not_called_wrong(
    me: Someone, home: Path, tmp_path: Path
) -> None:
    file = saved(me, submitted(me), "text", tmp_path)
    for arguments, why in (
        (("receipt", "verify", tmp_path / "none"), "can't be read: it isn't there"),
        (("--server", "http://127.0.0.1:1", "receipt", "verify", file), "could not be reached"),
        (("receipt", "verify", file, "--key", file), "does not contain a portal's key"),
    ):
        code, output = verify(home, *arguments)
        assert (code, why in output) == (2, True), output
        assert "Traceback" not in output
