"""The settings file that is installed shows each setting, with its default."""

import re
import tomllib
from typing import Any

import pytest

from deploy.deb import DEPLOY
from server.core.settings import Settings
from tests.parts import SECRET

SECRETS = {"secret_key", "secret_key_old"}
EXAMPLES = {"data", "backups", "forms", "letter_templates", "providers", "ssh_host_key_file"}
"""Settings that are shown with another value than their default."""


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """What the file sets once each line is uncommented."""
    content = (DEPLOY / "portal.toml").read_text()
    return tomllib.loads(re.sub(r"^# (?=\w+ = |\[)", "", content, flags=re.MULTILINE))


def test_file_shows_each_setting(shown: dict[str, Any]) -> None:
    assert shown.keys() == Settings.model_fields.keys() - SECRETS


def test_file_shows_defaults(shown: dict[str, Any]) -> None:
    settings, default = Settings(secret_key=SECRET, **shown), Settings(secret_key=SECRET)
    changed = {name for name in shown if getattr(settings, name) != getattr(default, name)}
    assert changed == EXAMPLES


@pytest.mark.parametrize("name", ["letters", "periods", "retention"])
def test_file_shows_each_period(shown: dict[str, Any], name: str) -> None:
    assert (
        shown[name].keys() == type(getattr(Settings(secret_key=SECRET), name)).model_fields.keys()
    )


def test_file_changes_only_the_folder() -> None:
    content = tomllib.loads((DEPLOY / "portal.toml").read_text())
    assert content == {"data": "/var/lib/professional-portal"}
