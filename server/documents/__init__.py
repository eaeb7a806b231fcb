"""Documents: received, checked, stored and opened."""
