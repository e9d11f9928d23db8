"""The core of tutti: what plugin authors import."""
