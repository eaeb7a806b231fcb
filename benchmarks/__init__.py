"""The project's performance goals, each measured against a baseline in the same run."""
