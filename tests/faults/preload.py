"""Preload the server's modules and forms before processes are forked."""

import server.app  # noqa: F401  # imported only to preload it
from server.forms.catalogue import catalogue

catalogue(None)
