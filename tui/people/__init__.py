"""Listing, adding and editing children."""
