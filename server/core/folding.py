"""Text as it is compared: without case and accents."""

import unicodedata


def fold(text: str) -> str:
    """Write a text as it is sorted and found: without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
