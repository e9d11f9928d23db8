"""The policy: what it asks of the file, what it gives to a launch, and when it refuses."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
import tomli

from tutti_core import Agent, Arrangement, LaunchRequest, Refusal, Workspace
from tutti_permissions.policy import STARTER, Permissions, bind, table


def a_launch(rules: Permissions | None, **more: object) -> LaunchRequest:
    """Return a launch in a workspace with a policy, or without one."""
    tables = {Permissions: rules} if rules is not None else {}
    team = Arrangement(Path("/w"), Workspace("w"), tables=tables)
    request = LaunchRequest(Agent("one"), team, Path("/w"), ("sh",))
    return attrs.evolve(request, **more)


def problems(*rules: str) -> list[str]:
    """Return what the table's own check says of some rules, by path."""
    check = table().check
    assert check is not None
    return [path for path, _ in check(Permissions(allow=rules))]


class TestBinding:
    def test_a_constrained_launch_gets_the_rules(self) -> None:
        """In the order of the file, and nothing else of the launch is touched."""
        launch = a_launch(Permissions(allow=("git status", "Edit")))
        bound = bind(launch)
        assert bound == attrs.evolve(launch, rules=("git status", "Edit"))

    @pytest.mark.parametrize("policy", [None, Permissions(), Permissions(allow=())])
    def test_without_rules_it_refuses(self, policy: Permissions | None) -> None:
        """A missing table and an empty list are both no policy; the three ways out are named."""
        refusal = bind(a_launch(policy))
        assert isinstance(refusal, Refusal)
        assert refusal.by == "tutti-permissions"
        for way_out in ("[permissions]", "--mode safe", "--policy bypass"):
            assert way_out in refusal.remedy

    @pytest.mark.parametrize(
        ("mode", "policy"), [("safe", "constrained"), ("unattended", "bypass")]
    )
    def test_where_no_policy_applies_it_has_no_say(self, mode: str, policy: str) -> None:
        """A person is asked, or the user asked for bypass: both were said aloud."""
        rules = Permissions(allow=("ls",))
        assert bind(a_launch(rules, mode=mode, policy=policy)) is None

    def test_unattended_alone_is_still_held(self) -> None:
        """Only bypass is bypass."""
        bound = bind(a_launch(Permissions(allow=("ls",)), mode="unattended"))
        assert isinstance(bound, LaunchRequest)
        assert bound.rules == ("ls",)


class TestTheTable:
    def test_it_stands_in_the_users_own_file(self) -> None:
        """A policy is the user's word over all workspaces, not a project's about itself."""
        assert (table().name, table().scope, table().many) == ("permissions", "global", False)

    def test_blank_rules_and_a_lone_star_are_problems(self) -> None:
        """What matches nothing, and what matches everything, is told with its place."""
        assert problems("git status", " ", "*", " * ") == ["allow[1]", "allow[2]", "allow[3]"]
        assert problems("git status", "cargo test *", "Bash(npm run x)", "Edit") == []

    def test_the_starter_is_a_policy(self) -> None:
        """What `tt init` adds is sound TOML with rules that pass the table's own check."""
        read = tomli.loads(STARTER)
        assert set(read) == {"permissions"}
        assert problems(*read["permissions"]["allow"]) == []
        assert "git status" in read["permissions"]["allow"]

    def test_the_starter_gives_away_no_shell(self) -> None:
        """Nothing in it runs arbitrary commands or destroys work."""
        rules = tomli.loads(STARTER)["permissions"]["allow"]
        dangerous = {"Bash", "sh", "bash", "python", "rm", "sudo", "curl", "env", "xargs", "find"}
        assert not dangerous & {rule.split()[0] for rule in rules}
        assert not [rule for rule in rules if rule.startswith(("git push", "git reset", "git cl"))]
