"""Rules of single values: days, identifiers, what is well formed."""
