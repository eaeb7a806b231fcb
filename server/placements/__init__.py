"""Placements: consulting settings, the placement in the plan, and the SEN2 return."""
