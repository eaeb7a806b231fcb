"""The HTTP server of the Professional Portal."""
