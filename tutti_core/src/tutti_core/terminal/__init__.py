"""Sessions on tmux, reached by exact names and pane ids only."""
