"""Man pages and shell completion name every command and option."""

import argparse
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.manuals import COMPLETIONS, write_manuals
from server.cli import build_parser as build_server_parser
from tui.cli import build_parser as build_client_parser

PAGES = {"portal": "man/man1/portal.1", "portal-server": "man/man8/portal-server.8"}


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("share")
    write_manuals(folder)
    return folder


def words_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the commands and long options of a parser and its subcommands."""
    for action in parser._actions:
        yield from (
            option
            for option in action.option_strings
            if option.startswith("--") and option != "--help"
            if action.help != argparse.SUPPRESS
        )
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield name
                yield from words_of(command)


@pytest.mark.parametrize("build_parser", [build_client_parser, build_server_parser])
def test_every_command_and_option_is_there(build_parser: object, share: Path) -> None:
    assert callable(build_parser)
    parser = build_parser()
    words = set(words_of(parser))
    assert len(words) > 4
    page = (share / PAGES[parser.prog]).read_text().replace("\\", "")
    assert f"{parser.prog} - {parser.description}" in page
    assert [word for word in words if word not in page] == []
    for shell, path in COMPLETIONS.items():
        script = (share / path.format(parser.prog)).read_text()
        assert [word for word in words if word.lstrip("-") not in script] == [], shell


@pytest.mark.parametrize("program", PAGES)
def test_scripts_are_valid(program: str, share: Path) -> None:
    for shell, path in COMPLETIONS.items():
        if shutil.which(shell):
            subprocess.run([shell, "-n", share / path.format(program)], check=True)
    if shutil.which("man"):
        page = subprocess.run(
            ["man", "--warnings", "-l", share / PAGES[program]],
            capture_output=True,
            text=True,
            env=os.environ | {"MANWIDTH": "200"},  # long words fit no narrow line
            check=True,
        )
        assert (page.stderr, program in page.stdout) == ("", True)
