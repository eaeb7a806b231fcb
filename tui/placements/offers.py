"""The settings that a dialog offers: those that were asked in the case before those of the list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from shared.placements import ConsultationOut, PlacementsOut, Reply, SettingKind, SettingRow
from tui.accounts.organisation_field import organisation_text

ASKED = "asked in this case"


class Offer(NamedTuple):
    """A setting that is offered by the search; one that was typed has no organisation."""

    text: str
    name: str
    organisation: UUID | None
    kind: SettingKind | None = None


def build_offers(
    consulted: Iterable[ConsultationOut], found: Iterable[SettingRow], text: str
) -> list[Offer]:
    """Return the settings that were asked and have the text in their name, then the others."""
    found = list(found)
    kinds = {row.id: row.kind for row in found}
    asked = [
        Offer(f"{row.name} · {ASKED}", row.name, id, kinds.get(id) if id else None)
        for row in consulted
        for id in (row.organisation_id,)
    ]
    first = [offer for offer in dict.fromkeys(asked) if text.casefold() in offer.name.casefold()]
    ids = {offer.organisation for offer in first}
    others = [Offer(organisation_text(row), row.name, row.id, row.kind) for row in found]
    return [*first, *(offer for offer in others if offer.organisation not in ids)]


def suggested_placement(shown: PlacementsOut) -> tuple[str, UUID | None]:
    """Return the setting of the request that was agreed, else the only one that said yes.

    It is '' if there is neither, or if the plan names it already.
    """
    agreed = [row for row in shown.requests if row.agreed]
    willing = [row for row in shown.consultations if row.reply is Reply.YES]
    named = {placement.name for placement in shown.placements}
    for row in agreed[:1] or (willing if len(willing) == 1 else []):
        if row.name not in named:
            return row.name, row.organisation_id
    return "", None
