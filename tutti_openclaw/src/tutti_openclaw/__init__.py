"""OpenClaw as a voice in tutti."""
