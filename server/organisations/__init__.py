"""Organisations: their list, domains, and the confirmation of membership."""
