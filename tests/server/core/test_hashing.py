"""The hashing pool is limited in total and per address, and recovers from failures."""

import os
import threading
from concurrent.futures import Future
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from server.core import cores, passwords
from server.core.passwords import HashingPool
from server.core.problems import PortalProblem

TIMEOUT_SECONDS = 10


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> HashingPool:
    monkeypatch.setattr(passwords, "MAX_WAITING", 4)
    monkeypatch.setattr(passwords, "MAX_WAITING_PER_ADDRESS", 2)
    return HashingPool()


def test_pool_limits_each_address_and_the_queue(pool: HashingPool, loop: BlockingPortal) -> None:
    release = threading.Event()

    async def wait(address: str) -> bool:
        async with pool.turn(address):
            return await pool.run(release.wait, TIMEOUT_SECONDS)

    def start_hashing(address: str) -> "Future[Any]":
        return loop.start_task_soon(wait, address)

    waiting = [
        start_hashing("192.0.2.1"),
        start_hashing("192.0.2.1"),
        start_hashing("192.0.2.2"),
        start_hashing("192.0.2.3"),
    ]
    for address in ("192.0.2.1", "192.0.2.4"):
        with pytest.raises(PortalProblem, match="busy"):
            start_hashing(address).result(TIMEOUT_SECONDS)
    release.set()
    assert all(work.result(TIMEOUT_SECONDS) for work in waiting)
    assert start_hashing("192.0.2.1").result(TIMEOUT_SECONDS)
    pool.close()


def test_request_that_waits_too_long_is_refused_and_takes_no_turn(
    pool: HashingPool, loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.05)
    release = threading.Event()
    taken = threading.Semaphore(0)

    async def wait(address: str) -> bool:
        async with pool.turn(address):
            taken.release()
            return await pool.run(release.wait, TIMEOUT_SECONDS)

    turns = max(1, len(cores.AVAILABLE_CORES) - 1) + 1
    monkeypatch.setattr(passwords, "MAX_WAITING", turns + 1)
    working = [loop.start_task_soon(wait, f"192.0.2.{number}") for number in range(turns)]
    assert all(taken.acquire(timeout=TIMEOUT_SECONDS) for _ in working)
    for _ in range(2):
        with pytest.raises(PortalProblem, match="busy"):
            loop.start_task_soon(wait, "192.0.2.100").result(TIMEOUT_SECONDS)
    release.set()
    assert all(work.result(TIMEOUT_SECONDS) for work in working)
    assert loop.start_task_soon(wait, "192.0.2.100").result(TIMEOUT_SECONDS)
    pool.close()


def test_failed_work_releases_its_slot(pool: HashingPool, loop: BlockingPortal) -> None:
    def fail() -> None:
        raise ValueError("no password")

    async def run_failing() -> None:
        async with pool.turn("192.0.2.1"):
            await pool.run(fail)

    for _ in range(passwords.MAX_WAITING + 1):
        with pytest.raises(ValueError, match="no password"):
            loop.call(run_failing)
    pool.close()


def test_hashing_works_without_cpu_affinity(
    pool: HashingPool, loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(cores, "_shared", {0})
    for name in ("sched_setaffinity", "setpriority"):
        monkeypatch.setattr(os, name, refuse)
    assert loop.call(pool.run, abs, -1) == 1
    pool.close()
