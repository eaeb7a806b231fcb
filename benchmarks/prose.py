"""Sample text: a deterministic paragraph of ordinary words."""

SENTENCE = (
    "Ivo follows two-step instructions when they are shown as well as said, and in a group of "
    "more than four he looks to an adult before he begins. "
)


def prose(characters: int) -> str:
    """Return one paragraph of exactly `characters` characters."""
    return (SENTENCE * (characters // len(SENTENCE) + 1))[:characters]
