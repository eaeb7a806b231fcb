"""The caseload in figures."""
