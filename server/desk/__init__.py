"""The officers' desk: the list of cases, and an officer's work on each."""
