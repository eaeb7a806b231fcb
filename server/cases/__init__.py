"""Cases, their stages and events."""
