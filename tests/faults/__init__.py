"""Server and client are killed at random moments under load, and nothing acknowledged is lost."""
