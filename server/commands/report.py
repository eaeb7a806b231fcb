"""The `report` command: figures of a year for people outside the authority."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.commands.person import check_new_file
from server.core.audit import Action, record
from server.core.problems import PortalProblem
from server.core.settings import Settings
from server.figures.files import Page, to_csv, to_pdf, to_text
from server.figures.report import build_page, read_report
from server.records.export import new_file
from shared.values.days import london_day, utc_now

FIRST_YEAR = 2014
"""The year of the Act."""


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    report = commands.add_parser(
        "report",
        help="write figures of a year for people outside, in ranges of five; this is audited",
    )
    report.add_argument("--year", type=int, help="this year by default")
    report.add_argument("--format", choices=("text", "csv", "pdf"), default="text")
    report.add_argument("--out", type=Path, metavar="FILE", help="by default it is printed")
    report.set_defaults(run=write_report)


def write_report(settings: Settings, options: argparse.Namespace) -> None:
    """Write or print the report of a year; raises CommandError."""
    this_year = london_day(utc_now()).year
    year = this_year if options.year is None else options.year
    if not FIRST_YEAR <= year <= this_year:
        raise CommandError(f"There are no figures of {year}: name a year from {FIRST_YEAR} to now.")
    if options.format == "pdf" and options.out is None:
        raise CommandError("A PDF is not printed: name a file with --out.")
    if options.out is not None:
        check_new_file(options.out, " with --out")
    services = open_services(settings)
    with services.transaction(writes=False) as tx:
        page = build_page(read_report(tx, year), settings.council, tx)
    content = _render(page, options.format)
    # Before the file, so that there is never a file without its line in the audit log.
    with services.transaction() as tx:
        record(tx, Action.FIGURES_REPORTED)
    if options.out is None:
        sys.stdout.write(content.decode())
        return
    with new_file(options.out) as file:
        file.write(content)
    print(f"{options.out} holds the figures of {year}, in ranges of five.")


def _render(page: Page, kind: str) -> bytes:
    match kind:
        case "csv":
            return to_csv(page).encode()
        case "pdf":
            try:
                return asyncio.run(to_pdf(page))
            except PortalProblem as error:
                raise CommandError(str(error)) from None
    return to_text(page).encode()
