"""The home screen: items that wait for the user, and the services."""
