"""The scripted agent keeps the contract like any other."""

from __future__ import annotations

import json

import pytest

from tutti_demo.agent.permissions import DENY, RUN, Permissions
from tutti_demo.runtime import Demo
from tutti_testing import RuntimeConformance


class TestDemo(RuntimeConformance):
    runtime = Demo()

    @pytest.mark.parametrize(
        ("command", "verdict"),
        [
            ("git status", RUN),
            ("git status --short", RUN),
            ("ls -la", RUN),
            ("npm test", RUN),
            ("make all", RUN),
            ("git push", DENY),
            ("lsof", DENY),
            ("npm test --all", DENY),
        ],
    )
    def test_what_the_policy_lists_is_what_the_agent_runs(self, command: str, verdict: str) -> None:
        """Rules are commands by their first words, tools, or calls; nothing else runs."""
        rules = ("Read", "git status", "ls", "Bash(npm test)", "make *")
        made = self.launch(mode="auto", rules=rules)
        (settings,) = (json.loads(text) for text in made.files.values())
        allow = tuple(settings["permissions"]["allow"])
        assert Permissions("dontask", allow).verdict(command) == verdict
