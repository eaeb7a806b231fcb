"""What can go wrong between the client and the server, as the screens see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.problems import FieldError, Problem, ProblemCode


class PortalError(Exception):
    """Something a call could not do; `str()` of it is fit for the user."""


class Refused(PortalError):
    """The server said no, and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem

    @property
    def code(self) -> ProblemCode:
        """The stable code of the problem."""
        return self.problem.code

    @property
    def errors(self) -> list[FieldError]:
        """What is wrong with single fields."""
        return self.problem.errors


class Unreachable(PortalError):
    """No answer came: the server is away, or the line is."""

    def __init__(self) -> None:
        super().__init__(
            "The portal can't be reached just now. What you typed is kept. "
            "Check the connection; the portal tries again by itself."
        )


SIGNED_OUT = {"sign_in_required", "code_required"}
"""The codes of a session that has ended."""
NOT_NOW = {"busy", "unavailable", "storage", "internal", "slow_upload", "too_many_tries"}
"""The codes that tell nothing of what was asked: the same again may go well."""


def is_signed_out(error: PortalError | None) -> bool:
    """Whether the user has to sign in again first."""
    return isinstance(error, Refused) and error.code in SIGNED_OUT


def is_for_now(error: PortalError) -> bool:
    """Whether the same again may go well: no answer came, or none that tells of what was asked."""
    return not isinstance(error, Refused) or error.code in NOT_NOW


class NotAPortal(PortalError):
    """An answer came that no portal of this version gives."""

    def __init__(self) -> None:
        super().__init__(
            "The address answered, but not as a Professional Portal of this version. "
            "Check the server's address, or ask for an update."
        )
