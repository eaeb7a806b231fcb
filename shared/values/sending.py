"""Marks of the fields of a request, by which the server recognises a repeated one."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID


class Mark(StrEnum):
    """What a field is for, other than to say what is to be done."""

    NEW_ID = "new id"
    WARNING_READ = "warning read"


NewId = Annotated[UUID, Mark.NEW_ID]
"""An id that the client makes for what it sends.

The same again under it is answered as the first time; anything else under it is refused.
"""
Confirmed = Annotated[bool, Mark.WARNING_READ]
"""Whether a warning was read: no part of what is sent, so a repeated request may differ in it."""
