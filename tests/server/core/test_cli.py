"""What the commands say when they start."""

import pytest

from server import cli
from server.core.settings import Settings


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("unscanned", ["hold", "accept"])
def test_serve_says_that_nothing_is_scanned(
    unscanned: str,
    settings: Settings,
    command: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PORTAL_UNSCANNED", unscanned)
    monkeypatch.setattr("server.commands.serve.serve", lambda _: None)
    cli.main(["serve", "--workers", "2"])
    assert ("PORTAL_CLAMD is not set" in capsys.readouterr().err) == (unscanned == "hold")
