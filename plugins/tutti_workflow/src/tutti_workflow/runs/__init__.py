"""The runs there were: listed, shown, removed."""
