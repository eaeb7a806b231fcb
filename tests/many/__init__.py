"""Several identical servers behind a balancer, of which one at a time is killed."""
