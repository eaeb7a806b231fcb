"""Shared foundations of all subjects; imports none of them."""
