"""Cases, their stages and what has happened in them."""
