"""What both wings agree on: wire types and pure rules. Pydantic and the standard library only."""
