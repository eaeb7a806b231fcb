"""The state machine of a case, and its statutory deadlines."""
