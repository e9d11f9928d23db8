"""The verbs: a team is started, shown, talked to and taken down."""
