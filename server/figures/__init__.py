"""The caseload in figures, and the report for people outside the authority."""
