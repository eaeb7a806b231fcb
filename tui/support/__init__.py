"""The support desk: accounts, their second steps and locks, and mail that could not be sent."""
