"""Accounts, sessions and the second step."""
