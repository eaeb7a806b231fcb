"""Performance figures with goals, each measured against a baseline in the same run."""
