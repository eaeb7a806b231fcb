"""The progress page of a child."""
