"""The home screen: what waits for the user, and the services."""
