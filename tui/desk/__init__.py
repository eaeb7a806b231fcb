"""The officers' desk: the list of cases, actions on a case, and paper requests."""
