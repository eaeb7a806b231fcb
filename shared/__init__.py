"""Wire types and pure rules shared by client and server; Pydantic and standard library only."""
