"""Registering, signing in, the second step, My Account."""
