"""What the agents of a team may do: one policy, checked before anything runs."""
