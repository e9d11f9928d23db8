"""The conversations that agents have had: listed, taken up again, forgotten."""
