"""Letters of a case, with their statutory contents."""
