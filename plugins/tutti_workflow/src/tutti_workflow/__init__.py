"""Workflows: what a run is made of, how it is recorded, and how it goes on after a crash."""
