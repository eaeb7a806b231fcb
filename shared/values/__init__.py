"""Parsing and validation of single values."""
