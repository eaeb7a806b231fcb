"""Screens of settings, placements and the details of the SEN2 return."""
