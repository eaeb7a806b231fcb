"""`portal-server audit verify` names what was done to the log by someone who has the database."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from anyio.from_thread import BlockingPortal
from sqlalchemy import select, text

from server import cli
from server.core import seals
from server.core.database import Services
from server.core.seals import (
    AUDIT,
    BATCH_SIZE,
    SEAL,
    AuditHead,
    AuditSeal,
    Sealing,
    chain_digest,
    load_shown,
)
from server.core.seals import purge_before as purge
from server.core.units import WorkerPools
from shared.values.days import london_day
from tests.parts import Clock
from tests.server.audit.steps import add_entries, open_as_attacker, seal, show_children
from tests.server.steps import audit_of, rows

pytestmark = [pytest.mark.usefixtures("command"), pytest.mark.both_databases]

OLD = "2026-02-01 00:00:00.000000"


@pytest.fixture
def ids(services: Services, clock: Clock, loop: BlockingPortal) -> list[int]:
    """Ids of the entries of a log with two heads, of which the newest covers all entries."""
    add_entries(services, 4)
    show_children(services)
    seal(services, clock, loop)
    clock.move(days=1)
    add_entries(services, 2)
    seal(services, clock, loop)
    return [entry.id or 0 for entry in audit_of(services)]


def verify(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, and return what it printed, or '' if the log is right."""
    capsys.readouterr()
    code = cli.main(["audit", "verify", *arguments])
    output = capsys.readouterr()
    assert (code == 0) is (output.err == "")
    assert code in (0, cli.EXIT_FAILURE)
    return output.err


def newest_head(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert cli.main(["audit", "verify", "--head"]) == 0
    return capsys.readouterr().out.strip()


def attack(services: Services, *statements: str) -> None:
    with open_as_attacker(services) as connection:
        for statement in statements:
            connection.execute(statement)


Attack = Callable[[list[int]], list[str]]

ATTACKS: dict[str, tuple[Attack, str]] = {
    "changed": (
        lambda ids: [f"UPDATE audit_event SET address = 'x' WHERE id = {ids[2]}"],
        "Entry {2}, or its seal 3, was changed.",
    ),
    "moved to another child": (
        lambda ids: [
            f"UPDATE audit_event SET person_id = account_id WHERE id = {ids[1]}",
        ],
        "Entry {1}, or its seal 2, was changed.",
    ),
    "a shown child removed": (
        lambda ids: [
            "DELETE FROM audit_shown WHERE shown_id IN (SELECT shown_id FROM audit_shown LIMIT 1)",
        ],
        "Entry {4}, or its seal 5, was changed.",
    ),
    "deleted": (
        lambda ids: [f"DELETE FROM audit_event WHERE id = {ids[3]}"],
        "Entry {3} was deleted.",
    ),
    "deleted with its seal": (
        lambda ids: [
            f"DELETE FROM audit_event WHERE id = {ids[1]}",
            "DELETE FROM audit_seal WHERE number = 2",
        ],
        "Seals 2 to 2 are missing.",
    ),
    "the newest deleted": (
        lambda ids: [
            f"DELETE FROM audit_event WHERE id = {ids[-1]}",
            "DELETE FROM audit_seal WHERE number = 7",
        ],
        "Seal 7 of the head of 2026-03-03 is missing: entries were deleted.",
    ),
    "inserted": (
        lambda ids: [
            "INSERT INTO audit_event (id, at, action, address)"
            f" VALUES ({ids[-1] + 50}, '{OLD}', 'form_read', '')"
        ],
        "Entry {inserted} is not sealed",
    ),
    "seals in another order": (
        lambda ids: [
            "UPDATE audit_seal SET event_id = -1 WHERE number = 2",
            f"UPDATE audit_seal SET event_id = {ids[1]} WHERE number = 3",
            f"UPDATE audit_seal SET event_id = {ids[2]} WHERE number = 2",
        ],
        "Entry {2}, or its seal 2, was changed.",
    ),
    "entries in another order": (
        lambda ids: [
            f"UPDATE audit_shown SET event_id = 0 WHERE event_id = {ids[0]}",
            f"UPDATE audit_event SET id = 0 WHERE id = {ids[0]}",
            f"UPDATE audit_event SET id = {ids[0]} WHERE id = {ids[1]}",
            f"UPDATE audit_event SET id = {ids[1]} WHERE id = 0",
        ],
        "Entry {0}, or its seal 1, was changed.",
    ),
    "a head changed": (
        lambda ids: ["UPDATE audit_head SET number = 1 WHERE day = '2026-03-03'"],
        "The head of 2026-03-03 is not signed with the portal's key.",
    ),
    "a purge made up": (
        lambda ids: [
            f"INSERT INTO audit_purge (through, digest, at, signature) VALUES (2, '', '{OLD}', '')"
        ],
        "The purge through seal 2 is not signed with the portal's key.",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_found_and_the_entry_named(
    name: str, ids: list[int], services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(capsys) == ""
    statements, expected = ATTACKS[name]
    attack(services, *statements(ids))
    for position, id in enumerate(ids):
        expected = expected.replace(f"{{{position}}}", str(id))
    assert expected.replace("{inserted}", str(ids[-1] + 50)) in verify(capsys)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_values_that_the_portal_never_writes_are_named(
    ids: list[int], services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    for column, value in (("account_id", "7"), ("at", "'x'"), ("address", "x'00'")):
        attack(services, f"UPDATE audit_event SET {column} = {value} WHERE id = {ids[1]}")
        assert f"Entry {ids[1]}, or its seal 2, was changed." in verify(capsys)


def test_inserted_entry_is_found_although_the_server_sealed_it(
    ids: list[int],
    services: Services,
    clock: Clock,
    loop: BlockingPortal,
    capsys: pytest.CaptureFixture[str],
) -> None:
    attack(services, *ATTACKS["inserted"][0](ids))
    assert seal(services, clock, loop) == 1
    assert f"Entry {ids[-1] + 50} is dated 2026-02-01" in verify(capsys)


def make_chain_anew(services: Services) -> None:
    """Compute all seals again, as an attacker can who has no keys."""
    with services.transaction(writes=False) as tx:
        query = select(AUDIT).join(SEAL, SEAL.c.event_id == AUDIT.c.id).order_by(SEAL.c.number)
        events = tx.connection.execute(query).all()
        shown = load_shown(tx, [event.id for event in events])
    digest, statements = "", []
    for event in events:
        digest = chain_digest(digest, event, shown.get(event.id, ()))
        statements.append(f"UPDATE audit_seal SET digest = '{digest}' WHERE event_id = {event.id}")
    attack(services, *statements)


def test_chain_made_anew_differs_from_the_heads(
    ids: list[int], services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    head = newest_head(capsys)
    assert verify(capsys, "--expect", head) == ""
    attack(services, f"UPDATE audit_event SET address = 'x' WHERE id = {ids[1]}")
    make_chain_anew(services)
    assert f"Entry {ids[4]}, or one before it, was changed and sealed anew" in verify(capsys)
    attack(services, "DELETE FROM audit_head")
    assert verify(capsys) == ""
    assert "differs from the head of 2026-03-03" in verify(capsys, "--expect", head)


def test_log_of_several_days_without_a_head_is_found(
    ids: list[int],
    services: Services,
    clock: Clock,
    loop: BlockingPortal,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock.move(days=2)
    add_entries(services, 1)
    seal(services, clock, loop)
    assert verify(capsys) == ""
    attack(services, "DELETE FROM audit_head")
    assert f"Entry {ids[0]} and later ones have no signed head" in verify(capsys)


def test_head_of_another_portal_is_refused(
    ids: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    head = newest_head(capsys)
    signature = head.rsplit(":")[-1]
    changed = head.replace(signature, signature[::-1])
    assert "not signed with the portal's key" in verify(capsys, "--expect", changed)
    assert "--expect" in verify(capsys, "--expect", "nonsense")


def test_missing_trigger_is_named(
    ids: list[int], services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    suffix = " ON audit_event" if services.engine.name == "postgresql" else ""
    create = (
        "CREATE TRIGGER audit_event_update BEFORE UPDATE ON audit_event"
        " FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()"
    )
    with services.transaction() as tx:
        tx.connection.execute(text(f"DROP TRIGGER audit_event_update{suffix}"))
    try:
        assert "audit_event is not protected: its trigger for update" in verify(capsys)
    finally:
        if suffix:
            with services.transaction() as tx:
                tx.connection.execute(text(create))


def test_purged_log_is_right_and_keeps_its_chain(
    ids: list[int],
    services: Services,
    clock: Clock,
    loop: BlockingPortal,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, newest = (f"{head.day}:{head.number}" for head in rows(services, AuditHead))
    head = newest_head(capsys)
    assert head.startswith(newest)
    assert first == "2026-03-02:5"
    for days, count in ((0, 5), (5, 2)):
        clock.move(days=days)
        with services.transaction() as tx:
            assert purge(tx, london_day(tx.now)) == count
        assert verify(capsys, "--expect", head) == ""
    add_entries(services, 2)
    seal(services, clock, loop)
    assert [row.number for row in rows(services, AuditSeal)] == [8, 9]
    assert verify(capsys) == ""
    attack(services, "DELETE FROM audit_purge")
    assert "Seals 1 to 7 are missing." in verify(capsys)


def test_late_entry_is_sealed_later(
    services: Services, clock: Clock, loop: BlockingPortal, capsys: pytest.CaptureFixture[str]
) -> None:
    add_entries(services, 3)
    [_, late, _] = [entry.id or 0 for entry in audit_of(services)]
    attack(services, f"UPDATE audit_event SET id = {late + 100} WHERE id = {late}")
    assert seal(services, clock, loop) == 3
    attack(
        services,
        "INSERT INTO audit_event (id, at, action, address)"
        f" VALUES ({late}, '{clock():%Y-%m-%d %H:%M:%S.%f}', 'form_read', '')",
    )
    assert seal(services, clock, loop) == 1
    assert rows(services, AuditSeal)[-1].event_id == late
    assert verify(capsys) == ""


@pytest.fixture
def left_out(
    services: Services, clock: Clock, loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Id of an old entry that committed too late to be sealed, in a log of several ranges."""
    monkeypatch.setattr(seals, "SEARCH_ROWS", 4)
    monkeypatch.setattr(seals, "LATE_IDS", 1)
    add_entries(services, 12)
    late = audit_of(services)[5].id or 0
    attack(services, f"UPDATE audit_event SET id = {late + 100} WHERE id = {late}")
    assert seal(services, clock, loop) == 12
    return late


def insert_late(services: Services, id: int, at: str) -> None:
    values = f"{id}, '{at}', 'form_read', ''"
    attack(services, f"INSERT INTO audit_event (id, at, action, address) VALUES ({values})")


def test_entry_that_was_left_out_is_sealed_after_the_newest_entries(
    left_out: int,
    services: Services,
    clock: Clock,
    loop: BlockingPortal,
    capsys: pytest.CaptureFixture[str],
) -> None:
    insert_late(services, left_out, f"{clock():%Y-%m-%d %H:%M:%S.%f}")
    newest = left_out + 101
    insert_late(services, newest, f"{clock():%Y-%m-%d %H:%M:%S.%f}")
    clock.move(minutes=1)
    sealing = Sealing(services)
    assert [loop.call(sealing.seal) for _ in range(3)] == [1, 1, 0]
    seals_made = sorted(rows(services, AuditSeal), key=lambda row: row.number)
    assert [row.event_id for row in seals_made][-2:] == [newest, left_out]
    assert verify(capsys) == ""


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_search_that_fails_does_not_stop_sealing(
    left_out: int, services: Services, clock: Clock, loop: BlockingPortal
) -> None:
    insert_late(services, left_out, "x")
    sealing = Sealing(services)
    for count in range(1, 4):
        insert_late(services, left_out + 100 + count, f"{clock():%Y-%m-%d %H:%M:%S.%f}")
        clock.move(days=1)
        for _ in range(2):
            with suppress(ValueError):
                loop.call(sealing.seal)
        assert len(rows(services, AuditSeal)) == 12 + count
        assert len(rows(services, AuditHead)) == 1 + count


def test_processes_that_seal_at_once_make_one_chain(
    services: Services, clock: Clock, loop: BlockingPortal, capsys: pytest.CaptureFixture[str]
) -> None:
    add_entries(services, 2 * BATCH_SIZE + 10)
    clock.move(minutes=1)
    other = replace(services, worker_pools=WorkerPools(services.engine))

    async def seal_at_once() -> None:
        await asyncio.gather(*(Sealing(process).seal() for process in (services, other)))

    loop.call(seal_at_once)
    loop.call(Sealing(services).seal)
    other.worker_pools.close()
    numbers = [row.number for row in rows(services, AuditSeal)]
    assert sorted(numbers) == list(range(1, 2 * BATCH_SIZE + 11))
    assert verify(capsys) == ""


def test_no_head_is_told(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no head yet" in verify(capsys, "--head")
    assert verify(capsys) == ""
