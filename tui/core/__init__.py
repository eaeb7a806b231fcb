"""What every screen stands on; it knows no screen."""
