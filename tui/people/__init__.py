"""Select Person, and adding or editing a child."""
