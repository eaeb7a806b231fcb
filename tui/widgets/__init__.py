"""Reusable widgets, independent of any subject."""
