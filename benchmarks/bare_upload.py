"""Baseline for P9: an app that streams the body to a file and syncs it."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER_VARIABLE = "BARE_UPLOAD_FOLDER"
"""Environment variable with the path of the folder for uploads."""


async def upload(request: Request) -> Response:
    """Write the body to a file."""
    path = Path(os.environ[FOLDER_VARIABLE], request.path_params["name"])
    with path.open("wb") as file:  # noqa: ASYNC230 - the baseline is the simplest possible code
        async for chunk in request.stream():
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Response(status_code=201)


async def health(_: Request) -> Response:
    """Return an empty response."""
    return Response()


app = Starlette(
    routes=[Route("/v1/health", health), Route("/files/{name}", upload, methods=["PUT"])]
)
