"""`tt run`, `tt verify` and `tt runs`."""
