"""Claude Code as a voice in tutti."""
