"""Files by SFTP need the session of a key, past its second step, unless they are new."""

from collections.abc import Coroutine
from typing import Any

import pytest
from asyncssh import FXF_CREAT, FXF_READ, FXF_TRUNC, FXF_WRITE, SFTPClient, SFTPPermissionDenied

from server.accounts.second_step import KEY_WARNING
from server.core.database import Services
from server.ssh.files import MAX_READ_BYTES
from shared.accounts import SecondStep
from tests.emails import last_email
from tests.parts import Factory, Someone
from tests.server.ssh.conftest import Key, Ssh, add_key


async def write(sftp: SFTPClient, path: str, flags: int = FXF_WRITE | FXF_CREAT) -> None:
    """Write to a file."""
    async with sftp.open(path, flags, encoding=None) as file:
        await file.write(b"content")


async def read(sftp: SFTPClient, path: str) -> object:
    """Return the content of a file."""
    async with sftp.open(path, "rb") as file:
        return await file.read()


async def test_only_new_files_are_put_before_the_second_step(
    ssh: Ssh, services: Services, key: Key
) -> None:
    other_key = add_key(key.owner)  # the owner is also signed in by password, elsewhere
    other_key.sign_in(services)
    async with ssh.connect(**key.options) as connection:
        sftp = await connection.start_sftp_client()
        await write(sftp, "own.txt", FXF_WRITE | FXF_CREAT | FXF_TRUNC)
        attempts: dict[str, Coroutine[Any, Any, object]] = {
            "read": read(sftp, "own.txt"),
            "list": sftp.listdir(),
            "see": sftp.stat("own.txt"),
            "see a link": sftp.lstat("own.txt"),
            "see none": sftp.stat("none.txt"),
            "rename": sftp.rename("own.txt", "new.txt"),
            "rename over": sftp.posix_rename("own.txt", "new.txt"),
            "remove": sftp.remove("own.txt"),
            "overwrite": write(sftp, "own.txt", FXF_WRITE),
            "truncate": write(sftp, "own.txt", FXF_WRITE | FXF_CREAT | FXF_TRUNC),
            "append": write(sftp, "own.txt"),
            "read new": write(sftp, "new.txt", FXF_WRITE | FXF_CREAT | FXF_READ),
        }
        for name, attempt in attempts.items():
            with pytest.raises(SFTPPermissionDenied):
                print(name, await attempt)
        assert await sftp.isdir(".")
        key.sign_in(services)
        assert await read(sftp, "own.txt") == b"content"
        await write(sftp, "own.txt")
        await sftp.rename("own.txt", "new.txt")
        assert (await sftp.stat("new.txt")).size == 7
        assert await sftp.listdir() == [".", "..", "new.txt"]
        await sftp.remove("new.txt")


async def test_one_request_reads_no_more_than_a_part(
    ssh: Ssh, services: Services, key: Key
) -> None:
    key.sign_in(services)
    content = bytes(MAX_READ_BYTES * 3)
    async with ssh.connect(**key.options) as connection:
        sftp = await connection.start_sftp_client()
        async with sftp.open("big", "wb") as file:
            await file.write(content)
        async with sftp.open("big", "rb", block_size=0) as file:
            assert len(await file.read(2**31)) == MAX_READ_BYTES
        assert await read(sftp, "big") == content


async def test_file_is_read_no_further_without_its_key(
    ssh: Ssh, services: Services, key: Key, me: Someone
) -> None:
    key.sign_in(services)
    async with ssh.connect(**key.options) as connection:
        sftp = await connection.start_sftp_client()
        await write(sftp, "own.txt")
        async with sftp.open("own.txt", "rb") as file:
            assert await file.read(1) == b"c"
            assert me.delete(f"/v1/account/ssh-keys/{key.id}").status_code == 204
            with pytest.raises(SFTPPermissionDenied):
                await file.read(1)


def test_sessions_of_a_key_end_with_it(services: Services, key: Key) -> None:
    key.sign_in(services)
    sessions = key.owner.get("/v1/sessions").json()
    assert len(sessions) == 2
    assert key.owner.delete(f"/v1/account/ssh-keys/{key.id}").status_code == 204
    assert [row["current"] for row in key.owner.get("/v1/sessions").json()] == [True]


def test_code_of_a_key_warns_of_the_key(services: Services, someone: Factory) -> None:
    owner = someone("by-key@osierbeck.example", two_step=SecondStep.EMAIL)
    add_key(owner).sign_in(services)
    assert KEY_WARNING in last_email(services, owner.email)
