"""Accounts, sessions and two-step verification."""
