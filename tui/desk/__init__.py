"""The officers' desk: the list of cases, work on a case, and paper requests."""
