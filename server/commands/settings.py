"""The `settings` command: what is in force, and where it was set."""

from __future__ import annotations

import argparse
import json

from sqlalchemy import make_url

from server.commands.command import Parsers
from server.core.settings import Settings
from server.core.settings_sources import find_origins, variable_of


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "settings", help="show the settings in force and where each is set; secrets are hidden"
    )
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Print each setting with its value, and where it is set unless it is the default."""
    origins = find_origins(Settings)
    values = settings.model_dump(mode="json")
    values["database_url"] = _without_passwords(settings.database_url)
    for name, value in values.items():
        text = value if isinstance(value, str) else json.dumps(value)
        origin = origins.get(name, "default")
        print(f"{variable_of(name)} = {text}  ({origin})")


def _without_passwords(url: str) -> str:
    if not url:
        return ""
    public = make_url(url).difference_update_query(["password", "sslpassword"])
    return public.render_as_string(hide_password=True)
