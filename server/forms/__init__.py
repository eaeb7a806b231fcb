"""Forms: filling, saving, submitting and reading them."""
