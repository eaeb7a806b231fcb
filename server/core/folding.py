"""Folding of text for comparison, ignoring case and accents."""

import unicodedata


def fold(text: str) -> str:
    """Remove case and accents from text, for sorting and search."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))
