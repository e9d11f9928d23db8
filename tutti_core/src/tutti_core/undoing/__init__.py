"""What was taken away, by whom, and the way back: written down before it goes."""
