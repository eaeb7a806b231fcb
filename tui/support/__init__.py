"""The support desk: accounts, their second steps and locks, and unsent mail."""
