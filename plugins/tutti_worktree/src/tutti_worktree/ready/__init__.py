"""Makes a worktree ready to work in: files, commands, ports."""
