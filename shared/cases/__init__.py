"""The state machine of a case, and the periods that the law sets."""
