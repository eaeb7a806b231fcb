"""Load the server's modules and forms, before processes are forked from this one."""

import gc

import uvicorn.protocols.http.httptools_impl  # noqa: F401  # imported only to preload it

import server.cli  # noqa: F401  # likewise
from server.core.migrate import list_revisions
from server.forms.catalogue import catalogue

catalogue(None)
list_revisions()
# The garbage collector would otherwise write to all pages that the forked processes share.
gc.freeze()
