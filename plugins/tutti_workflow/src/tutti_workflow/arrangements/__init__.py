"""Teams with workflows, to begin with."""

from __future__ import annotations

from importlib.resources import files

from tutti_core import Template

ROLES = {
    "planner": "makes the plan",
    "conductor": "sums up",
    "implementer": "changes the code",
    "tester": "tests it",
    "docs-release": "documents it",
    "reviewer": "reviews all of it",
}


def templates() -> list[Template]:
    """Return the templates that come with this plugin."""
    body = (files(__name__) / "sdlc.toml").read_text("utf-8")
    return [
        Template(
            name="sdlc",
            version="0.1.0",
            description="Six agents and the workflow that takes a task from plan to review.",
            body=body,
            author="the tutti authors",
            roles=ROLES,
        )
    ]
