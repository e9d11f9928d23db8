"""Worktrees: made, inspected and retired safely; a tree tt did not make is never touched."""
