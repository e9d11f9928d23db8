"""The kit for authors of tutti plugins: what a test of a plugin imports."""
