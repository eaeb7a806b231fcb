"""P16: time and size of the PDF of a request with every field at its limit."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4

import server
from benchmarks.full_form import build_full_answers
from benchmarks.row import ROUNDS, Row
from server.core.pdf import make_pdf
from server.forms.catalogue import catalogue
from shared.forms.answers import facts_for
from shared.forms.copy import FormCopy, build_sections

MAX_SECONDS, MAX_MIB = 2, 3
TEMPLATE = Path(server.__file__).parent / "forms" / "copy.typ"
NOW = datetime(2026, 3, 2, 10, 42, tzinfo=UTC)


def measure_rows() -> Iterator[Row]:
    """Make a PDF of the longest possible request in a separate process, as the server does."""
    definition = catalogue(None)["professional-request"]
    answers = build_full_answers(definition, str(uuid4()), [str(uuid4()) for _ in range(2)])
    copy = FormCopy(
        portal="Leicester City SEND",
        title=definition.title,
        child="for Ivo Larkspur-Dunne, born 14/03/2007",
        reference="K7MP4RVX",
        status="Version 1, submitted 02/03/2026 10:42 (UK time) by Ada Senco",
        draft=False,
        documents=["report.pdf · PDF document · 34 KB"],
        sections=build_sections(
            definition, answers, facts_for(date(2007, 3, 14), NOW.date()), {}, {}
        ),
    )
    data = copy.model_dump() | {"receipt": ""}
    seconds, size = [], 0
    for _ in range(ROUNDS):
        started_at = perf_counter()
        size = len(asyncio.run(make_pdf(TEMPLATE, data, NOW)))
        seconds.append(perf_counter() - started_at)
    characters = sum(len(line.text) for section in copy.sections for line in section.lines)
    label = f"PDF of {characters:,} characters"
    yield Row("P16", f"{label}, time", median(seconds), 0, MAX_SECONDS, "s", absolute=True)
    yield Row("P16", f"{label}, size", size / 2**20, 0, MAX_MIB, "MiB", absolute=True)
