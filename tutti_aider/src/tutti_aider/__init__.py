"""Aider as a voice in tutti."""
