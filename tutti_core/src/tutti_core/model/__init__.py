"""The nouns of tutti, as frozen values."""
