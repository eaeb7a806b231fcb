"""Preloads the server's modules and forms for the processes that are forked later."""

import server.app  # noqa: F401  # imported only to preload it
from server.forms.catalogue import catalogue

catalogue(None)
