"""Runs a plan, step by step, each transition on disk before the next thing happens."""
