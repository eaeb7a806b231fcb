"""Registration, signing in, two step verification and My Account."""
