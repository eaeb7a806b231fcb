"""Autosave: a local journal, and saves that the server applies exactly once."""
