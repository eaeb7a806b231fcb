"""Forms as data: the definition of a form, and answers checked against it."""
