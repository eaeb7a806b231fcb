"""The support desk: help with accounts and unsent emails."""
