"""Listing, adding and editing children and young people."""
