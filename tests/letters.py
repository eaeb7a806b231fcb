"""Contacts and texts of letters in tests, and the text of a PDF."""

from pypdfium2 import PdfDocument

from server.demo.run import LETTERS

__all__ = ["LETTERS", "LONG_WORD", "MARKUP", "pdf_text", "squeeze"]

MARKUP = "#strong[x] *b* $x$ \\ <label> @ref = no heading - {appeal_until} {0} %s 'q' \"q\" `c`"
LONG_WORD = "W" * 200


def squeeze(text: str) -> str:
    """Remove all whitespace, because lines of a PDF may break anywhere."""
    return "".join(text.split())


def pdf_text(content: bytes) -> str:
    """Read the text of a PDF without whitespace and without the footers of its pages."""
    pages = [page.get_textpage().get_text_range() for page in PdfDocument(content)]
    whole = (page.replace("\ufffe", "-") for page in pages)  # a hyphenated word
    return squeeze("".join(page.rpartition("\nLeicester City Council · ")[0] for page in whole))
