"""Text without case and accents, for comparison."""

import unicodedata


def fold(text: str) -> str:
    """Return a text without case and accents, for sorting and search."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))
