"""Autosave: a local journal, and saves that are applied exactly once."""
