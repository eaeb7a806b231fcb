"""A version or a draft of a form in words, as View details and every saved copy show it."""

import re
from collections.abc import Iterable
from enum import StrEnum
from itertools import groupby
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from shared.accounts import WorkDetails
from shared.documents import DocumentOut, human_size
from shared.forms.answers import Facts
from shared.forms.definition import FormDefinition
from shared.forms.submissions import Answers
from shared.forms.summary import summary

_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def _plain(text: str) -> str:
    """Return text without control characters; a line ends with a line feed."""
    return _CONTROLS.sub("", re.sub("\r\n?", "\n", text).replace("\t", "    "))


Plain = Annotated[str, AfterValidator(_plain)]


class CopyKind(StrEnum):
    """The type of the file of a saved copy."""

    PDF = "pdf"
    TEXT = "text"


EXTENSIONS = {CopyKind.PDF: "pdf", CopyKind.TEXT: "txt"}


class CopyLine(BaseModel):
    """An answer; `label` also tells who wrote it, if there is more than one author."""

    label: Plain
    text: Plain


class Section(BaseModel):
    """The answers of one step."""

    title: Plain
    lines: list[CopyLine]


class FormCopy(BaseModel):
    """What a saved copy says; `reference` is empty for a form that was never submitted."""

    portal: Plain
    title: Plain
    child: Plain
    reference: Plain
    status: Plain
    draft: bool
    documents: list[Plain]
    sections: list[Section]


def sections(
    definition: FormDefinition,
    answers: Answers,
    facts: Facts,
    names: dict[str, str],
    written_by: dict[str, str],
) -> list[Section]:
    """List the summary's answers by their steps; `written_by` names authors by field."""
    lines = summary(definition, answers, facts, names)
    result = []
    for title, of_step in groupby(lines, key=lambda line: line.step_title):
        copied = []
        for line in of_step:
            who = written_by.get(line.pointer.strip("/").split("/")[0], "")
            label = "" if line.label == title else line.label
            parts = (label, who and f"written by {who}")
            copied.append(CopyLine(label=" · ".join(filter(None, parts)), text=line.text))
        result.append(Section(title=title, lines=copied))
    return result


def names_of(documents: Iterable[DocumentOut], work: Iterable[WorkDetails]) -> dict[str, str]:
    """Map the ids of documents and work details that answers hold to words."""
    names = {str(document.id): document.name for document in documents}
    return names | {str(w.id): f"{w.role_label}, {w.organisation}" for w in work}


def document_words(document: DocumentOut) -> str:
    """Return the name, type and size of an attached document."""
    return f"{document.name} · {document.type_label} · {human_size(document.size)}"


def copy_name(kind: CopyKind, reference: str | None, version: int | None) -> str:
    """Return the file name of a copy, which names no child."""
    which = f"version-{version}" if version else "as-saved"
    what = f"{reference}-{which}" if reference else "draft"
    return f"portal-{what}.{EXTENSIONS[kind]}"
