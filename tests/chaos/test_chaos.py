"""Short chaos run: text typed over bad connections is stored exactly once."""

from pathlib import Path

from tests.chaos.typists import run_pair
from tests.faults.members import ADD_ORGANISATION, register
from tests.faults.relay import run_relay
from tests.running import ServerProcess, find_free_port

SECONDS = 2.0
SEEDS = range(2)


def test_typing_over_bad_connections_is_stored_exactly_once(tmp_path: Path) -> None:
    with run_relay(find_free_port()) as relay:
        server = ServerProcess(tmp_path, mail_port=relay.port)
        try:
            server.run(*ADD_ORGANISATION)
            members = (
                register(server.url, relay, "a@osierbeck.example"),
                register(server.url, relay, "b@osierbeck.example"),
            )
            result = run_pair(
                tmp_path / "pair", server, members, ("end", "start"), SEEDS, SECONDS, lambda _: None
            )
        finally:
            server.kill()
    assert result.findings == []
    assert result.typed_count > 100
