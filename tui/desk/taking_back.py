"""Dialogs that take something back: a published document, or access to a child."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from shared.desk import CaseOut, ProfessionalRow
from shared.problems import FieldError
from shared.publications import PublishedRow
from tui.desk import api
from tui.desk.actions import NO_REASON
from tui.desk.dialog import CaseDialog, check_required, create_reason_field
from tui.desk.people_parts import closed_drafts_text
from tui.widgets.field import Field

REASON_HELP = "Officers read it in the case; the professionals don't."
OPENED = "(opened "
MESSAGE = "by a message that does not name the child"


class TakeBack(CaseDialog):
    """Base class of dialogs that ask for the reason for taking something back."""

    def fields(self) -> Iterable[Field]:
        """Ask for the reason."""
        yield create_reason_field("reason", "Reason", REASON_HELP)

    def errors(self) -> list[FieldError]:
        """Check the reason."""
        return check_required("reason", self.value("reason"), NO_REASON)


class Withdraw(TakeBack):
    """Withdraws a published document from all its readers."""

    def __init__(self, case: CaseOut, row: PublishedRow) -> None:
        heading = f"Withdraw {row.title} of {case.person.name}"
        readers = ", ".join(row.readers) or "nobody in the portal"
        opened = "" if any(OPENED in reader for reader in row.readers) else " Nobody has opened it."
        explanation = (
            f"Published to {readers}.{opened} From now on they can't open it, and "
            f"are told {MESSAGE}. A copy that they saved can't be taken back. The document stays "
            "in the case."
        )
        super().__init__(case, heading, "Withdraw", explanation)
        self._publication = row.id

    async def send(self) -> CaseOut:
        """Withdraw the document."""
        return await api.withdraw(self.portal.client, self._publication, self.value("reason"))


class EndAccess(TakeBack):
    """Ends a professional's access to the child of the case."""

    def __init__(self, case: CaseOut, row: ProfessionalRow) -> None:
        heading = f"End {row.name}'s access to {case.person.name}"
        super().__init__(case, heading, "End access", _describe_end(case, row))
        self._account = row.account

    async def send(self) -> CaseOut:
        """End the access and reload the case."""
        client = self.portal.client
        await api.end_access(client, self.case.person.id, self._account, self.value("reason"))
        return await api.read_case(client, self.case.id)


class RemoveExemption(TakeBack):
    """Takes back an exception from a deadline."""

    def __init__(self, case: CaseOut, exemption: UUID) -> None:
        explanation = "The deadline counts again. What was recorded stays in the log."
        super().__init__(case, "Take back the exception", "Take it back", explanation)
        self._exemption = exemption

    async def send(self) -> CaseOut:
        """Take back the exemption."""
        reason = self.value("reason")
        return await api.remove_exemption(self.portal.client, self._exemption, reason)


def _describe_end(case: CaseOut, row: ProfessionalRow) -> str:
    sentences = [
        f"Why they have access: {', '.join(row.reasons)}. From now on they can't open anything of "
        f"the child, and are told {MESSAGE}. What they submitted stays."
    ]
    if row.drafts:
        sentences.append(closed_drafts_text(row.drafts))
    if any(advice.account == row.account and advice.awaited for advice in case.advice):
        sentences.append("Their advice is still awaited: cancel it, or give it to someone else.")
    return "\n".join(sentences)
