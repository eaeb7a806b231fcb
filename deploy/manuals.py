"""Write man pages and shell completion of both programs: `python -m deploy.manuals FOLDER`."""

import argparse
from importlib.metadata import version
from pathlib import Path

import shtab
from argparse_manpage.manpage import Manpage

from server.cli import build_parser as build_server_parser
from tui.cli import build_parser as build_client_parser

NAME = "professional-portal"
SECTIONS = {"portal": 1, "portal-server": 8}
COMPLETIONS = {
    "bash": "bash-completion/completions/{}",
    "zsh": "zsh/vendor-completions/_{}",
    "fish": "fish/vendor_completions.d/{}.fish",
}
"""The file of each shell's completion, below /usr/share on Debian."""


def write_manuals(folder: Path) -> None:
    """Write all files below a folder that stands for /usr/share."""
    for parser in (build_client_parser(), build_server_parser()):
        section = SECTIONS[parser.prog]
        _write(folder / f"man/man{section}/{parser.prog}.{section}", _manual(parser, section))
        for shell, path in COMPLETIONS.items():
            _write(folder / path.format(parser.prog), shtab.complete(parser, shell=shell))


def _manual(parser: argparse.ArgumentParser, section: int) -> str:
    page = Manpage(
        parser,
        {
            "project_name": NAME,
            "version": version(NAME),
            "manual_title": "Professional Portal",
            "manual_section": section,
        },
    )
    head = f".SH NAME\n{parser.prog}\n".replace("-", r"\-")
    # `whatis` needs the description in the same line.
    return str(page).replace(head, f"{head.rstrip()} \\- {parser.description}\n", 1)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip("\n") + "\n", "utf-8")


def main() -> None:
    """Write the files to the folder that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m deploy.manuals", description=__doc__)
    parser.add_argument("folder", type=Path, help="stands for /usr/share")
    write_manuals(parser.parse_args().folder)


if __name__ == "__main__":
    main()
