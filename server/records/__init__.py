"""Retention, export and erasure of what is held about children and accounts."""
