"""Forms as data: definitions, and the validation of answers against them."""
