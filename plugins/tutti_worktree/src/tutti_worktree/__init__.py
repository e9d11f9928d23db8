"""Worktrees that are ready to work in, and a way back from what takes something away."""
