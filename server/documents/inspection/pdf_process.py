"""The process that looks into one PDF: it reads the file at stdin and writes a finding to stdout.

Every object is looked at, also those in object streams and those that no page uses. It imports
nothing else from the server, because the imports would take longer than the check.
"""

import io
import os
import sys
from collections.abc import Iterator
from enum import StrEnum

import pikepdf

MEMORY_BYTES = 1024**3
CPU_SECONDS = 10
NICENESS = 5


class Finding(StrEnum):
    """What was found in a PDF; of several, the first in this order is reported."""

    SCRIPT = "script"
    FILE = "file"
    MEDIA = "media"
    XFA = "xfa"
    ACTION = "action"
    NONE = "none"
    PASSWORD = "password"  # noqa: S105 - a finding
    DAMAGED = "damaged"


_KEYS = {
    "/JS": Finding.SCRIPT,
    "/JavaScript": Finding.SCRIPT,
    "/EF": Finding.FILE,
    "/RichMediaContent": Finding.MEDIA,
    "/RichMediaSettings": Finding.MEDIA,
    "/XFA": Finding.XFA,
}
"""Keys of a dictionary that have no other meaning."""
_VALUES = {
    ("/S", "/JavaScript"): Finding.SCRIPT,
    ("/S", "/Launch"): Finding.ACTION,
    ("/S", "/ImportData"): Finding.ACTION,
    ("/S", "/GoToE"): Finding.FILE,
    ("/S", "/Rendition"): Finding.MEDIA,
    ("/S", "/RichMediaExecute"): Finding.MEDIA,
    ("/Type", "/EmbeddedFile"): Finding.FILE,
    ("/Subtype", "/RichMedia"): Finding.MEDIA,
    ("/Subtype", "/FileAttachment"): Finding.FILE,
}
_TRIGGERS = ("/OpenAction", "/AA")
"""Keys of actions that start without a click."""
_MOVES = {"/GoTo", "/Named"}
"""Actions that only move within the document."""


def inspect(content: bytes) -> Finding:
    """Return what was found in a PDF."""
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if len(pdf.pages) == 0:
                return Finding.DAMAGED
            found = {*_findings(pdf), Finding.NONE}
            return next(finding for finding in Finding if finding in found)
    except pikepdf.PasswordError:
        return Finding.PASSWORD
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, RecursionError, MemoryError):
        return Finding.DAMAGED


def _findings(pdf: pikepdf.Pdf) -> Iterator[Finding]:
    for container in (pdf.trailer, *pdf.objects):
        for dictionary in _dictionaries(container):
            yield from _findings_in(dictionary)


def _dictionaries(container: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Yield the dictionaries of an object, without following references."""
    waiting = [container]
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Stream):
            item = item.stream_dict
        if isinstance(item, pikepdf.Dictionary):
            yield item
            values = [item[key] for key in item.keys()]  # noqa: SIM118 - iterating has no order
        elif isinstance(item, pikepdf.Array):
            values = list(item)
        else:
            continue
        waiting += [
            value for value in values if isinstance(value, pikepdf.Object) and not value.is_indirect
        ]


def _findings_in(dictionary: pikepdf.Object) -> Iterator[Finding]:
    for key in dictionary.keys():  # noqa: SIM118 - iterating has no order
        if key in _KEYS:
            yield _KEYS[key]
        if key in ("/S", "/Type", "/Subtype"):
            value = dictionary[key]
            if isinstance(value, pikepdf.Name) and (key, str(value)) in _VALUES:
                yield _VALUES[key, str(value)]
        if key in _TRIGGERS and not _only_moves(dictionary[key]):
            yield Finding.ACTION


def _only_moves(trigger: object) -> bool:
    """Whether the actions of a trigger only move within the document."""
    if not isinstance(trigger, pikepdf.Dictionary):
        return True  # a destination
    actions = [trigger] if "/S" in trigger else [trigger[key] for key in trigger.keys()]  # noqa: SIM118 - as above
    return all(
        isinstance(action, pikepdf.Dictionary)
        and str(action.get("/S")) in _MOVES
        and "/Next" not in action
        for action in actions
    )


def _limit_resources() -> None:
    """Lower the priority and limit memory and time, so that requests are not affected."""
    if sys.platform == "linux":
        import resource

        os.nice(NICENESS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit_resources()
    # The server reads the same open file, so its position must not move.
    sys.stdout.write(inspect(os.pread(0, os.fstat(0).st_size, 0)))
