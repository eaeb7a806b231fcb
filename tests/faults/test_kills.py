"""Short run of server kills, and the comparison of typing after client kills."""

from pathlib import Path

from tests.faults.client_kills import TypedText, compare
from tests.faults.server_kills import kill_server
from tests.parts import copy_sqlite
from tests.running import ServerProcess

SEED = 11


def test_no_acknowledged_write_is_lost_when_the_server_is_killed(
    sqlite_template: Path, tmp_path: Path
) -> None:
    copy_sqlite(sqlite_template, tmp_path)
    result = kill_server(
        "sqlite",
        tmp_path,
        SEED,
        kills=3,
        clients=2,
        report=lambda _: None,
        server_class=ServerProcess,
        migrate=False,
    )
    assert result.findings == []
    assert any(operation.acknowledged for operation in result.operations)
    assert any(operation.lost_replies for operation in result.operations)


def test_only_the_last_seconds_of_typing_may_be_missing() -> None:
    typed = TypedText("abcd", [1.0, 2.0, 3.0, 4.0])
    assert compare("so ", typed, 4.5, "so abcd") == (0.0, [])
    assert compare("so ", typed, 4.5, "so ab") == (1.5, [])
    missing, errors = compare("so ", typed, 4.5, "so a")
    assert missing == 2.5
    assert errors == ["2.50 s of typing are missing: 'bcd'"]


def test_duplicated_or_changed_typing_is_reported() -> None:
    typed = TypedText("abcd", [1.0, 2.0, 3.0, 4.0])
    for after in ("so ababcd", "so abdc", "s", "abcd"):
        assert compare("so ", typed, 4.5, after)[1], after
