"""Loads what the server loads at its start, once for all processes that are forked afterwards."""

import server.app  # noqa: F401  # loaded, and not used here
from server.forms.catalogue import catalogue

catalogue(None)
