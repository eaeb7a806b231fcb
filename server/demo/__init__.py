"""A demo server with made-up people, in a temporary folder."""
