"""Workflows that run by themselves at their time."""
