"""Mechanisms that keep files whole: atomic JSON files, an append-only journal, a lock."""
