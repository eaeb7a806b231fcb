"""Short run of two servers behind a balancer, of which one at a time is killed."""

from pathlib import Path

from tests.faults.history import Kind
from tests.many.balancers import run_small_balancer
from tests.many.run import kill_one_at_a_time

SEED = 7


def test_nothing_is_lost_or_done_twice_by_two_servers(tmp_path: Path) -> None:
    result = kill_one_at_a_time(
        tmp_path,
        SEED,
        servers=2,
        kills=2,
        clients=2,
        balancer=run_small_balancer,
        report=lambda _: None,
    )
    assert result.findings == []
    acknowledged = {op.kind for op in result.operations if op.acknowledged}
    assert {Kind.SAVE, Kind.SUBMIT, Kind.UPLOAD} <= acknowledged
    assert result.reminders
    assert result.scans
