"""Saving as one types: what is typed is on this machine at once, and on the server once."""
