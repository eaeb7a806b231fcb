"""Parses untrusted XML into a small tree, within limits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 32
MAX_ELEMENTS = 200_000
TEXT_BUFFER = 1024 * 1024


class InvalidXml(Exception):
    """Raised for XML that cannot be read; the message tells users why."""


@dataclass(slots=True)
class Element:
    """An element with its text and children, without attributes."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> list[Element]:
        """List the children of a name."""
        return [child for child in self.children if child.name == name]

    def find(self, *path: str) -> Element | None:
        """Return the first element at a path of names below this one."""
        here: Element | None = self
        for name in path:
            here = next(iter(here.all(name)), None) if here else None
        return here

    def words(self, *path: str) -> str:
        """Return the text of the element at a path with single spaces, or ''."""
        found = self.find(*path)
        return " ".join(found.text.split()) if found else ""


class _Builder:
    """Builds the tree from the parser's events, and rejects what no pupil's file contains."""

    def __init__(self, skipped: Collection[str]) -> None:
        self.root: Element | None = None
        self._skipped = skipped
        self._open: list[Element] = []
        self._depth = 0
        self._skipped_from = 0
        self._elements = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidXml("its elements are nested too deeply")
        if self._skipped_from:
            return
        if name in self._skipped:
            self._skipped_from = self._depth
            return
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise InvalidXml("it holds too many elements")
        element = Element(name)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _: str) -> None:
        if not self._skipped_from:
            self._open.pop()
        elif self._skipped_from == self._depth:
            self._skipped_from = 0
        self._depth -= 1

    def text(self, text: str) -> None:
        # Only white space is between elements; collecting it would cost time.
        if not self._skipped_from and not self._open[-1].children:
            self._open[-1].text += text

    def doctype(self, *_: object) -> None:
        raise InvalidXml("it declares a document type, which could read other files")


def read_xml(data: bytes, skipped: Collection[str] = ()) -> Element:
    """Read XML without its `skipped` elements; raises NoXml.

    A document type is refused, so no entity is ever expanded and no other file read.
    """
    builder = _Builder(skipped)
    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, TEXT_BUFFER
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise InvalidXml(f"it is no XML, or is damaged at line {error.lineno}") from None
    except (LookupError, ValueError):  # an unknown or multi-byte encoding
        raise InvalidXml("it is written in an unknown encoding") from None
    if builder.root is None:
        raise InvalidXml("it holds no element")
    return builder.root
