"""Children and young people, and each professional's list of them."""
