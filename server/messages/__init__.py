"""Messages from the authority to professionals."""
