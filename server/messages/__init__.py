"""Messages from the authority to accounts."""
