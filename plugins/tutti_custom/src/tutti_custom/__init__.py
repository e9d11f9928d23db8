"""Runtimes declared in TOML: any CLI becomes an agent, with no Python."""
