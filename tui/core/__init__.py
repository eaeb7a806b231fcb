"""Foundations of the client, independent of the screens."""
