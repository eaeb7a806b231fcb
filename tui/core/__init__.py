"""Foundations shared by all screens; imports none of them."""
