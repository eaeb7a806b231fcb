"""Forms being filled, submitted and looked at again."""
