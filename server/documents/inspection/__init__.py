"""Checks of a document's content: each refuses what could harm whoever opens the document."""
