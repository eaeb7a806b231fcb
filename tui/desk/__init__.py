"""The officer's desk: the list of cases, the work on a case, and paper requests."""
