"""What `[worktree]` says, for the team and for one agent, and what it may not say."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core import Agent, Arrangement, LaunchRequest, Refusal, TreePlan, Workspace
from tutti_worktree.ready.plan import planned
from tutti_worktree.ready.settings import ForAgent, Ready, folder_of, is_inside, problems

words = st.text(st.sampled_from("ab*?[{./-\\ é"), max_size=12)


def plan(settings: Ready, agent: Agent) -> TreePlan | Refusal:
    """Return how an agent's worktree would be made."""
    team = Arrangement(Path("/w"), Workspace("shop"), agent=(agent,), tables={Ready: settings})
    answer = planned(LaunchRequest(agent, team, Path("/w"), ("sh",)))
    return answer if isinstance(answer, Refusal) else answer.tree


class TestFolders:
    @pytest.mark.parametrize(
        ("scope", "folder"),
        [
            ("src/api/**", "src/api"),
            ("src/api", "src/api"),
            ("src/api/", "src/api"),
            ("src/api/*.py", "src/api"),
            ("src/api/main.py", "src/api"),
            ("src/.config", "src/.config"),
            ("src/{api,web}/**", "src"),
            ("**", ""),
            ("*.py", ""),
            ("main.py", ""),
            ("", ""),
            ("/", ""),
        ],
    )
    def test_the_folder_a_scope_begins_with(self, scope: str, folder: str) -> None:
        """What stands before the first wildcard is a folder, a file's name is not."""
        assert folder_of(scope) == folder

    @given(words)
    def test_it_is_a_plain_beginning(self, scope: str) -> None:
        """Whatever the glob, the folder has no wildcard and the scope lies below it."""
        folder = folder_of(scope)
        assert not set(folder) & set("*?[{")
        plain = PurePosixPath(scope.strip("/")).parts
        assert plain[: len(PurePosixPath(folder).parts)] == PurePosixPath(folder).parts

    def test_the_scope_counts_when_asked_for(self) -> None:
        """`sparse = true` means the agent's own part; a scope that names none means all."""
        api = Agent("api", scope="src/api/**")
        assert plan(Ready(sparse=True), api) == TreePlan(folders=("src/api",))
        assert plan(Ready(), api) == TreePlan()
        assert plan(Ready(sparse=True), Agent("all", scope="**")) == TreePlan()
        assert plan(Ready(sparse=("a/b/", "c")), api) == TreePlan(folders=("a/b", "c"))


class TestOneAgent:
    def test_its_own_keys_stand_in_place_of_the_teams(self) -> None:
        """A list replaces a list, an empty one too; what is not said stays."""
        own = Agent("api", extras={ForAgent: ForAgent(copy=(), base="v1")})
        found = Ready(copy=(".env",), link=("x",), base="main", ports=3).of(own)
        assert found == Ready(copy=(), link=("x",), base="v1", ports=3)

    def test_its_branch_is_named_by_the_template(self) -> None:
        """A branch of its own is stronger than the template."""
        settings = Ready(branch_template="agents/{workspace}-{agent}")
        assert plan(settings, Agent("api")) == TreePlan(branch="agents/shop-api")
        assert plan(settings, Agent("api", branch="mine")) == TreePlan()

    def test_what_it_says_wrong_is_refused(self) -> None:
        """An agent's own keys are held to the same as the table."""
        own = Agent("api", extras={ForAgent: ForAgent(copy=("../secret",))})
        answer = plan(Ready(), own)
        assert isinstance(answer, Refusal)
        assert "copy[0] of agent 'api'" in answer.reason


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        (Ready(copy=("ok", "/etc/passwd")), "copy[1]"),
        (Ready(link=("a/../../b",)), "link[0]"),
        (Ready(link=(".git/config",)), "link[0]"),
        (Ready(copy=(".tutti/state/x",)), "copy[0]"),
        (Ready(copy=("",)), "copy[0]"),
        (Ready(sparse=("src/*",)), "sparse[0]"),
        (Ready(sparse=("../x",)), "sparse[0]"),
        (Ready(setup_secs=0), "setup_secs"),
        (Ready(teardown_secs=90_000), "teardown_secs"),
        (Ready(ports=-1), "ports"),
        (Ready(ports=101), "ports"),
        (Ready(branch_template="x"), "branch_template"),
        (Ready(branch_template="{agent}-{user}"), "branch_template"),
        (Ready(branch_template="{agent}{"), "branch_template"),
        (Ready(branch_template="{agent.__class__}"), "branch_template"),
        (Ready(branch_template="{agent!r}"), "branch_template"),
    ],
)
def test_what_makes_no_sense_is_named(settings: Ready, where: str) -> None:
    """Each mistake is one problem with the place it stands at."""
    assert [key for key, _ in problems(settings)] == [where]


@given(words)
def test_nothing_leads_outside(pattern: str) -> None:
    """A pattern that is taken never leaves the workspace, and never names git's folder."""
    if is_inside(pattern):
        assert not PurePosixPath(pattern).is_absolute()
        assert not {"..", ".git", ".tutti"} & set(PurePosixPath(pattern).parts)
