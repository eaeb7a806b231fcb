"""A version or draft of a form as text, for View details and saved copies."""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from shared.accounts import WorkDetails
from shared.documents import DocumentOut, human_size
from shared.forms.answers import Facts
from shared.forms.definition import FormDefinition
from shared.forms.submissions import Answers, SubmittedVersion
from shared.forms.summary import build_summary
from shared.values.days import format_day

_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")

_SMALL = frozenset({"The", "A", "An", "His", "Her", "Their"})


def _strip_controls(text: str) -> str:
    """Return text without control characters; lines end with a line feed."""
    return _CONTROLS.sub("", re.sub("\r\n?", "\n", text).replace("\t", "    "))


Plain = Annotated[str, AfterValidator(_strip_controls)]


class CopyKind(StrEnum):
    """The file type of a saved copy."""

    PDF = "pdf"
    TEXT = "text"


EXTENSIONS = {CopyKind.PDF: "pdf", CopyKind.TEXT: "txt"}


class CopyLine(BaseModel):
    """An answer; `label` includes its author if the form has several."""

    label: Plain
    text: Plain


class Section(BaseModel):
    """The answers of one step."""

    title: Plain
    lines: list[CopyLine]


class FormCopy(BaseModel):
    """The content of a saved copy; `reference` is empty for a form that was never submitted."""

    portal: Plain
    title: Plain
    child: Plain
    reference: Plain
    status: Plain
    draft: bool
    documents: list[Plain]
    sections: list[Section]


def build_sections(
    definition: FormDefinition,
    answers: Answers,
    facts: Facts,
    names: dict[str, str],
    written_by: dict[str, str],
) -> list[Section]:
    """Group the summary's lines by step; `written_by` holds authors by field."""
    lines = build_summary(definition, answers, facts, names)
    result = []
    for title, step_lines in groupby(lines, key=lambda line: line.step_title):
        copy_lines = []
        for line in step_lines:
            author = written_by.get(line.pointer.strip("/").split("/")[0], "")
            label = "" if line.label == title else line.label
            parts = (label, author and f"written by {author}")
            copy_lines.append(CopyLine(label=" · ".join(filter(None, parts)), text=line.text))
        result.append(Section(title=title, lines=copy_lines))
    return result


def names_by_id(documents: Iterable[DocumentOut], work: Iterable[WorkDetails]) -> dict[str, str]:
    """Map the ids of documents and work details to their names."""
    names = {str(document.id): document.name for document in documents}
    return names | {str(w.id): f"{w.role_label}, {w.organisation}" for w in work}


def document_text(document: DocumentOut) -> str:
    """Describe an attached document by name, type and size."""
    return f"{document.name} · {document.type_label} · {human_size(document.size)}"


def copy_file_name(kind: CopyKind, reference: str | None, version: int | None) -> str:
    """Return the file name of a copy, which names no child."""
    suffix = f"version-{version}" if version else "as-saved"
    stem = f"{reference}-{suffix}" if reference else "draft"
    return f"portal-{stem}.{EXTENSIONS[kind]}"


def within_sentence(requested_by: str) -> str:
    """Return who made a request as it stands within a sentence: "the mother", not "The mother"."""
    first, space, rest = requested_by.strip().removesuffix(".").partition(" ")
    is_initial = first in {"A", "An"} and not rest[:1].islower()  # as in "A Smith"
    return f"{first.lower() if first in _SMALL and not is_initial else first}{space}{rest}"


def received_text(received_on: date, requested_by: str) -> str:
    """Return when a request was received, and from whom."""
    return f"received {format_day(received_on)} from {within_sentence(requested_by)}"


def entry_text(version: SubmittedVersion, when: str) -> str:
    """Return when a version of a request was entered or corrected, and by whom."""
    if version.corrected_by:
        return f"corrected {when} by {version.corrected_by}"
    return f"entered {when} by {version.entered_by}" if version.entered_by else f"entered {when}"
