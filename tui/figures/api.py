"""Requests about the caseload in figures."""

from __future__ import annotations

from shared.figures.figures import FiguresOut, FileKind
from tui.core.client import Client
from tui.core.errors import UnexpectedResponse

FIGURES = "/v1/figures"


async def read_figures(client: Client) -> FiguresOut:
    """Read the figures as computed last."""
    return await client.request("GET", FIGURES, FiguresOut)


async def poll_figures(client: Client) -> FiguresOut:
    """Poll the figures as computed last, without extending the session."""
    reply = await client.poll(f"{FIGURES}/latest", FiguresOut, None)
    if reply is None:
        raise UnexpectedResponse
    return reply[0]


async def compute_figures(client: Client) -> FiguresOut:
    """Compute the figures again; safe to repeat."""
    return await client.request("POST", f"{FIGURES}/computations", FiguresOut, repeatable=True)


def file_path(kind: FileKind) -> str:
    """Return the path of the figures as a file."""
    return f"{FIGURES}/file?kind={kind}"
