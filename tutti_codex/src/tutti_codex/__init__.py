"""OpenAI Codex as a voice in tutti."""
