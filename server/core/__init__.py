"""Infrastructure that all server packages share; imports none of them."""
