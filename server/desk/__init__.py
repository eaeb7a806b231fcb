"""The authority's own work: its table of cases, and what an officer does with each."""
