"""An upgrade while people work: servers of two versions side by side, and back."""
