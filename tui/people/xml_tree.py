"""Parsing of untrusted XML into a small tree, within limits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 32
MAX_ELEMENTS = 200_000
TEXT_BUFFER_BYTES = 1024 * 1024


class InvalidXml(Exception):
    """Raised for XML that cannot be read; the message is for users."""


@dataclass(slots=True)
class Element:
    """An element with its text and children, without attributes."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def find_all(self, name: str) -> list[Element]:
        """Return the children with the given name."""
        return [child for child in self.children if child.name == name]

    def find(self, *path: str) -> Element | None:
        """Return the first element at a path of names, or None."""
        element: Element | None = self
        for name in path:
            element = next(iter(element.find_all(name)), None) if element else None
        return element

    def find_text(self, *path: str) -> str:
        """Return the text of the element at a path, with single spaces, or ''."""
        element = self.find(*path)
        return " ".join(element.text.split()) if element else ""


class _TreeBuilder:
    """Builds the tree from parser events, and rejects unexpected content."""

    def __init__(self, skipped: Collection[str]) -> None:
        self.root: Element | None = None
        self._skipped = skipped
        self._open_elements: list[Element] = []
        self._depth = 0
        self._skip_depth = 0
        self._element_count = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidXml("its elements are nested too deeply")
        if self._skip_depth:
            return
        if name in self._skipped:
            self._skip_depth = self._depth
            return
        self._element_count += 1
        if self._element_count > MAX_ELEMENTS:
            raise InvalidXml("it holds too many elements")
        element = Element(name)
        if self._open_elements:
            self._open_elements[-1].children.append(element)
        else:
            self.root = element
        self._open_elements.append(element)

    def end(self, _: str) -> None:
        if not self._skip_depth:
            self._open_elements.pop()
        elif self._skip_depth == self._depth:
            self._skip_depth = 0
        self._depth -= 1

    def text(self, text: str) -> None:
        # Text between elements is only white space, which would be slow to collect.
        if not self._skip_depth and not self._open_elements[-1].children:
            self._open_elements[-1].text += text

    def doctype(self, *_: object) -> None:
        raise InvalidXml("it declares a document type, which could read other files")


def parse_xml(data: bytes, skipped: Collection[str] = ()) -> Element:
    """Parse XML without its `skipped` elements. Raises InvalidXml.

    A document type is rejected, so that no entities are expanded and no other files are read.
    """
    builder = _TreeBuilder(skipped)
    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, TEXT_BUFFER_BYTES
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise InvalidXml(f"it is not XML, or is damaged at line {error.lineno}") from None
    except (LookupError, ValueError):  # an unknown or multi-byte encoding
        raise InvalidXml("it is written in an unknown encoding") from None
    if builder.root is None:
        raise InvalidXml("it holds no element")
    return builder.root
