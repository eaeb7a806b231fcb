"""Each figure the project holds itself to, measured against a baseline in the same run."""
