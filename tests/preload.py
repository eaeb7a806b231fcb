"""Load the server's modules and forms, before processes are forked from this one."""

import gc

import alembic.command  # noqa: F401  # imported only to preload it
import uvicorn.protocols.http.httptools_impl  # noqa: F401  # likewise

import server.cli  # noqa: F401  # likewise
from server.forms.catalogue import catalogue

catalogue(None)
# The garbage collector would otherwise write to all pages that the forked processes share.
gc.freeze()
