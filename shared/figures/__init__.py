"""The caseload in figures: counts, the forecast, and protecting small numbers."""
