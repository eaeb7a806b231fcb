"""Nobody keeps others out of the SSH server, and keys that are gone end their connections."""

import asyncio
from pathlib import Path
from uuid import uuid4

import asyncssh
import pytest

from server.accounts.tables import Account
from server.core.database import Services
from server.core.settings import Settings
from server.records.leaving import close_account
from server.ssh.limits import FULL, Limits
from server.ssh.serving import end_without_key
from tests.parts import settings_for
from tests.server.ssh.conftest import Key, Ssh

SESSIONS = 8


@pytest.fixture
def limits(tmp_path: Path) -> Limits:
    settings: Settings = settings_for(tmp_path)
    settings.ssh_sessions, settings.ssh_account_sessions = SESSIONS, 1
    return Limits(settings)


def test_people_without_keys_leave_half_of_the_sessions(limits: Limits) -> None:
    networks = [f"192.0.2.{number}" for number in range(SESSIONS)]
    started = [limits.start(address) for address in networks * 2]
    assert started.count("") == SESSIONS // 2
    assert FULL in started
    keys = [limits.start(uuid4()) for _ in range(SESSIONS)]
    assert keys == [""] * (SESSIONS // 2) + [FULL] * (SESSIONS // 2)
    limits.end(networks[0])
    assert limits.start(networks[7]) == ""


def test_refused_sessions_are_not_counted(limits: Limits) -> None:
    account = uuid4()
    assert limits.start(account) == ""
    assert all(limits.start(account) for _ in range(50))
    assert limits.start(uuid4()) == ""
    limits.end(account)
    assert limits.start(account) == ""


def test_addresses_of_one_ipv6_network_count_together(limits: Limits) -> None:
    limits.settings.ssh_unauthenticated = 4
    admitted = [limits.admit(f"2001:db8::{number}") for number in range(4)]
    assert admitted == [True, True, False, False]
    assert limits.admit("2001:db8:0:1::1")
    limits.forget("2001:db8::9")
    assert limits.admit("2001:db8::7")
    sessions = [limits.start(f"2001:db8::{number}") for number in range(3)]
    assert [refusal == "" for refusal in sessions] == [True, True, False]


async def test_third_channel_is_refused(ssh: Ssh, key: Key) -> None:
    async with ssh.connect(**key.options) as connection:
        [server] = ssh.connections
        for _ in range(2):
            server.session_requested()
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.start_sftp_client()
    async with ssh.connect(**key.options) as connection:
        for _ in range(4):  # one after the other
            sftp = await connection.open_session("true")
            await sftp[0].channel.wait_closed()
        await connection.start_sftp_client()


async def test_connection_ends_when_its_key_is_gone(ssh: Ssh, services: Services, key: Key) -> None:
    async with ssh.connect(**key.options) as connection:
        await end_without_key(services, ssh.connections)
        await connection.start_sftp_client()
        with services.transaction() as tx:
            close_account(tx, tx.session.get_one(Account, key.owner.id))
        await end_without_key(services, ssh.connections)
        await connection.wait_closed()
    assert connection.is_closed()


async def test_connection_ends_with_the_hours_of_a_session(
    ssh: Ssh, key: Key, services: Services
) -> None:
    services.settings.session_hours = 0
    async with ssh.connect(**key.options) as connection:
        await asyncio.wait_for(connection.wait_closed(), 5)


async def test_session_too_many_ends_at_once(ssh: Ssh, key: Key, services: Services) -> None:
    services.settings.ssh_account_sessions = 1
    async with ssh.connect(**key.options) as first:
        with pytest.raises((asyncssh.Error, OSError)):
            async with ssh.connect(**key.options) as second:
                await second.wait_closed()
                await second.start_sftp_client()
        await first.start_sftp_client()
