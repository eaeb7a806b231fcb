"""Messages from the authority to whoever has an account."""
