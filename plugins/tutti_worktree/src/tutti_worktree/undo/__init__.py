"""`tt undo`: what was taken away, and how it comes back."""
