"""The support desk: accounts, unsent mail and staff accounts."""
