"""The officers' desk: the list of cases and the work on each case."""
