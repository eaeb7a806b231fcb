"""What the Professional Portal's client and server share: wire types and pure rules.

Only Pydantic, small pure libraries and the standard library are imported.
"""
