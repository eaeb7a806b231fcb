"""Fault injection: kill server and client under load and check that nothing is lost."""
