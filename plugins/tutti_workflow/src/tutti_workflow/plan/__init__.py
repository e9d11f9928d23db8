"""From tables of a file to a plan: steps, their order, their hashes, what is wrong with them."""
