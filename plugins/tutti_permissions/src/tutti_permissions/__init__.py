"""What agents may do without asking: the policy every constrained launch is held to."""
