"""From TOML text to a checked arrangement, with every problem named at once."""
