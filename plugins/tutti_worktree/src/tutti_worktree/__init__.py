"""What was taken away comes back, and what nobody needs goes."""
