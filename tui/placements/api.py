"""Requests about settings, placements and the SEN2 details."""

from __future__ import annotations

from uuid import UUID

from shared.placements import (
    ConsultIn,
    FamilyRequestIn,
    PlacementSave,
    PlacementsOut,
    ReplyIn,
    RequestDecisionIn,
    SettingRow,
)
from shared.sen2 import Sen2In, Sen2Out
from tui.core.client import Client

BASE = "/v1/placements"


async def find_settings(client: Client, find: str) -> list[SettingRow]:
    """Search for settings to consult by name, address or postcode."""
    params: dict[str, str | int | bool] = {"find": find}
    return await client.request("GET", f"{BASE}/settings", list[SettingRow], params=params)


async def read_placements(client: Client, case: UUID) -> PlacementsOut:
    """Read the settings and the placement of a case."""
    return await client.request("GET", f"{BASE}/cases/{case}", PlacementsOut)


async def consult(client: Client, case: UUID, body: ConsultIn) -> None:
    """Consult settings; safe to repeat."""
    path = f"{BASE}/cases/{case}/consultations"
    await client.send("POST", path, body=body, repeatable=True)


async def chase(client: Client, consultation: UUID) -> None:
    """Chase a setting; safe to repeat."""
    await client.send("POST", f"{BASE}/consultations/{consultation}/chase", repeatable=True)


async def record_reply(client: Client, consultation: UUID, version: int, body: ReplyIn) -> None:
    """Record a setting's reply. Raises Refused with STALE."""
    path = f"{BASE}/consultations/{consultation}/reply"
    await client.send("PUT", path, body=body, if_match=version)


async def record_request(
    client: Client, case: UUID, request: UUID, version: int, body: FamilyRequestIn
) -> None:
    """Record the family's request for a setting, at first with version 0."""
    path = f"{BASE}/cases/{case}/requests/{request}"
    await client.send("PUT", path, body=body, if_match=version)


async def decide_request(
    client: Client, request: UUID, version: int, body: RequestDecisionIn
) -> None:
    """Agree to the family's request, or refuse it. Raises Refused with STALE."""
    path = f"{BASE}/requests/{request}/decision"
    await client.send("PUT", path, body=body, if_match=version)


async def name_placement(
    client: Client, case: UUID, placement: UUID, version: int, body: PlacementSave
) -> None:
    """Name a placement in the plan (version 0), or correct it. Raises Refused with STALE."""
    path = f"{BASE}/cases/{case}/placements/{placement}"
    await client.send("PUT", path, body=body, if_match=version)


async def read_sen2(client: Client, case: UUID) -> Sen2Out:
    """Read the SEN2 details of a case."""
    return await client.request("GET", f"{BASE}/cases/{case}/sen2", Sen2Out)


async def save_sen2(client: Client, case: UUID, body: Sen2In) -> Sen2Out:
    """Save SEN2 details of a case."""
    return await client.request("PUT", f"{BASE}/cases/{case}/sen2", Sen2Out, body=body)
