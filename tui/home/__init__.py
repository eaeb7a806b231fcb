"""Home: what waits for the user, and the services."""
