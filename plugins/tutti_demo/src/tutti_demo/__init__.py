"""A scripted agent: a whole team to try, with no account and no network."""
