"""Producing the SEN2 return of a census day: its problems, and its file."""

from datetime import date
from typing import NamedTuple

from server.core.database import Transaction
from server.placements.sen2.check import Problem, check_children, check_header
from server.placements.sen2.file import build_file
from server.placements.sen2.records import read_records
from server.placements.sen2.values import ChildValues, Values, build_children


class Return(NamedTuple):
    """The return of a census day."""

    header: Values
    children: list[ChildValues]
    problems: list[Problem]

    @property
    def content(self) -> bytes:
        """The file."""
        return build_file(self.header, self.children)


def produce(tx: Transaction, census: date) -> Return:
    """Read the cases of a census day, and check them."""
    settings = tx.services.settings.sen2
    header = {"census": census.isoformat(), **settings.model_dump()}
    children = build_children(read_records(tx, census), census)
    problems = [*check_header(header), *check_children(children, settings.la, census)]
    return Return(header, children, problems)
