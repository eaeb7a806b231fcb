"""The officer's own work: the cases, one case and what is done in it, requests on paper."""
