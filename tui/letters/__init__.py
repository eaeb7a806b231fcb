"""Screens of an officer's letters."""
