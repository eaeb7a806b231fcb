"""The support desk: helping accounts, mail that could not be sent, the authority's own accounts."""
