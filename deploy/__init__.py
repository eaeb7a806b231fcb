"""What the portal is packaged and run with."""
