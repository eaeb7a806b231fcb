"""Wire types of a professional's own phrases, for use in long answers."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

PHRASES_LIMIT = 100
PHRASE_LENGTH = 2000


class PhraseIn(BaseModel):
    """A phrase to save."""

    text: Annotated[str, Field(min_length=1, max_length=PHRASE_LENGTH)]


class Phrase(PhraseIn):
    """A stored phrase."""

    id: UUID
