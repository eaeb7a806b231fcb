"""What `migrate`, `serve` and `account unlock` say, and going back to an earlier revision."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from server import cli
from server.commands.command import describe_database
from server.core import migrate
from server.core.database import open_database
from tests.parts import SECRET

pytestmark = pytest.mark.both_databases


@pytest.fixture
def database(empty_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> str:
    """URL of an empty database, which is the one in the settings."""
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path))
    monkeypatch.setenv("PORTAL_DATABASE_URL", empty_database)
    monkeypatch.setenv("PORTAL_MAIL", "none")
    monkeypatch.setenv("PORTAL_UNSCANNED", "accept")
    return empty_database


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(list(arguments))
    output = capsys.readouterr()
    return code, output.out, output.err


def test_migrate_says_from_where_to_where(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    newest, _ = migrate.list_revisions()[-1]
    assert run(capsys, "migrate") == (
        0,
        f"The database was empty, and is now at revision {newest}.\n",
        "",
    )
    assert run(capsys, "migrate") == (
        0,
        f"The database is already up to date, at revision {newest}.\n",
        "",
    )
    code, _, error = run(capsys, "migrate", "--to", "0024")
    assert (code, error.splitlines()[-1]) == (
        2,
        "Nothing was changed: add --yes to go on without being asked.",
    )
    assert "Add the record of retention runs" in error
    run(capsys, "migrate", "--to", "0025", "--yes")
    listed = run(capsys, "migrate", "--to", "0024")[2].splitlines()[1:-1]
    assert [line.split()[0] for line in listed] == ["0025"]
    run(capsys, "migrate")
    code, output, _ = run(capsys, "migrate", "--to", "0024", "--yes")
    assert (code, output) == (0, f"The database was at revision {newest}, and is now at 0024.\n")
    code, output, _ = run(capsys, "migrate", "--to", "0025")
    assert (code, output) == (0, "The database was at revision 0024, and is now at 0025.\n")
    code, _, error = run(capsys, "migrate", "--to", "next")
    assert code == 2
    assert error.startswith("There is no revision next.")


def end_of_input(_: str) -> str:
    raise EOFError


def test_going_back_is_asked_for(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    cli.main(["migrate"])
    with monkeypatch.context() as patch:
        patch.setattr("builtins.input", end_of_input)
        code, _, error = run(capsys, "migrate", "--to", "0024")
    assert (code, error.splitlines()[-1]) == (2, "Nothing was changed.")
    for answer, expected in (("y", 2), ("yes", 0)):
        migrate.upgrade(engine := open_database(database))
        monkeypatch.setattr("builtins.input", lambda _, answer=answer: answer)
        assert run(capsys, "migrate", "--to", "0024")[0] == expected
        assert migrate.is_up_to_date(engine) == (expected == 2)
        engine.dispose()


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_serve_names_its_version_address_and_database(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.commands.serve.serve", lambda *_, **__: None)
    cli.main(["migrate"])
    capsys.readouterr()
    code, output, error = run(capsys, "serve", "--workers", "2")
    assert code == 0
    assert re.match(r"Professional Portal \d+\.\d+\.\d+ starts on http://127\.0\.0\.1:8765", output)
    assert "SQLite in /" in output
    assert error.startswith("PORTAL_MAIL=none")


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_newer_database_that_supports_this_version_is_served_and_left_as_it_is(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.commands.serve.serve", lambda *_, **__: None)
    cli.main(["migrate"])
    newest, _ = migrate.list_revisions()[-1]
    engine = open_database(database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("ALTER TABLE session ADD COLUMN later VARCHAR"))
    capsys.readouterr()
    assert run(capsys, "serve", "--workers", "2")[0] == 0
    code, output, _ = run(capsys, "migrate")
    assert code == 0
    assert output.startswith("The database is at revision 9999 of a newer version, which supports")
    assert f"`portal-server migrate --to {newest}` of the newer version" in output
    code, _, error = run(capsys, "migrate", "--to", "0024", "--yes")
    assert code == 2
    assert "Nothing was changed" in error
    assert "at revision 9999 of a newer version, which supports this" in run(capsys, "check")[1]
    assert migrate.current_revision(engine) == "9999"
    engine.dispose()


def test_database_is_named_without_user_and_password() -> None:
    url = "postgresql://portal:hidden@db.example:5433/portal?password=hidden"
    assert describe_database(url) == "PostgreSQL, portal at db.example:5433"
    assert describe_database("postgresql:///portal?host=/run") == "PostgreSQL, portal at /run"


def test_unlock_says_whether_there_is_an_account(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["migrate"])
    capsys.readouterr()
    assert run(capsys, "account", "unlock", "nobody@osierbeck.example") == (
        2,
        "",
        "No account has the address nobody@osierbeck.example. Nothing was changed.\n",
    )


def test_servers_that_migrate_at_once_wait_for_each_other(empty_database: str) -> None:
    engines = [open_database(empty_database) for _ in range(3)]
    with ThreadPoolExecutor(len(engines)) as threads:
        before = list(threads.map(migrate.upgrade, engines))
    newest, _ = migrate.list_revisions()[-1]
    assert sorted(before, key=str) == sorted([None, newest, newest], key=str)
    for engine in engines:
        assert migrate.is_up_to_date(engine)
        engine.dispose()
