"""Backups: making, restoring and rehearsing them."""
