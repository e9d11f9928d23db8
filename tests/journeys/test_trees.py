"""Where agents work: their own worktrees, wherever in a repository the workspace lies."""

from __future__ import annotations

import json
from pathlib import Path

from tutti_testing import Stage

TEAM = """[workspace]
name = "tree"
[defaults]
runtime = "demo"
[launch]
mode = "unattended"
policy = "bypass"
[[agent]]
name = "one"
"""


def inside(workspace: Stage, folder: str) -> Stage:
    """Return a stage for a workspace in a folder of the repository."""
    (workspace.root / folder).mkdir(parents=True)
    return Stage(workspace.root / folder, workspace.home, workspace.env)


def where(stage: Stage, agent: str) -> Path:
    """Return the folder an agent works in, as itself says."""
    stage.tt("send", agent, "[[bash pwd -P > here.txt]]").well()
    stage.until(agent, "idle")
    (found,) = stage.tree(agent).rglob("here.txt")
    return Path(found.read_text().strip())


def test_a_workspace_in_a_folder_of_a_repository(workspace: Stage) -> None:
    """Its agents start in the same folder of their own worktree, and git stays clean."""
    (workspace.root / "services" / "api").mkdir(parents=True)
    (workspace.root / "services" / "api" / "main.txt").write_text("api")
    workspace.run("git", "add", ".").well()
    workspace.run("git", "commit", "-qm", "api").well()
    part = Stage(workspace.root / "services" / "api", workspace.home, workspace.env).team(TEAM)
    try:
        part.tt("up").well()
        assert where(part, "one") == part.tree("one") / "services" / "api"
        assert (part.tree("one") / "README.txt").exists()
        shown = workspace.run("git", "status", "--porcelain").well().stdout
        assert shown == "?? services/api/tutti.toml\n"
        rows = part.tt("status", "--json", cwd=part.tree("one") / "services").well().json()
        assert [row["agent"] for row in rows] == ["one"]
    finally:
        part.close()


def test_a_folder_that_is_not_in_any_commit_yet(workspace: Stage) -> None:
    """The folder is there for the agent all the same."""
    part = inside(workspace, "new/idea").team(TEAM)
    try:
        part.tt("up").well()
        assert where(part, "one") == part.tree("one") / "new" / "idea"
    finally:
        part.close()


def test_a_link_does_not_lead_an_agent_into_the_users_tree(workspace: Stage) -> None:
    """An agent that replaced its folder by a link is not started on the other side of it."""
    part = inside(workspace, "sub").team(TEAM)
    try:
        part.tt("up").well()
        part.tt("down").well()
        (part.tree("one") / "sub").rmdir()
        (part.tree("one") / "sub").symlink_to(workspace.root)
        refused = part.tt("up", "--json").badly().json()["results"][0]
        assert "leads out of the worktree" in refused["detail"]
    finally:
        part.close()


def test_a_workspace_in_a_worktree_of_the_users_own(workspace: Stage) -> None:
    """`git worktree add` is everybody's right: the team of that worktree works beside it."""
    workspace.run("git", "worktree", "add", "-q", "../feature", "-b", "feature").well()
    feature = Stage(workspace.root.parent / "feature", workspace.home, workspace.env).team(TEAM)
    try:
        feature.tt("up").well()
        assert where(feature, "one") == feature.tree("one")
        assert feature.run("git", "status", "--porcelain").stdout == "?? tutti.toml\n"
    finally:
        feature.close()


def test_agents_without_worktrees_need_no_repository(workspace: Stage) -> None:
    """Outside of git a team works in the folder itself, and its state stays out of nothing."""
    apart = Stage(workspace.home / "apart", workspace.home, workspace.env)
    apart.team(TEAM.replace("[launch]", "worktree = false\n[launch]"))
    try:
        apart.tt("up").well()
        assert apart.tt("down", "--clean").well()
    finally:
        apart.close()


def test_a_fresh_tree_costs_nobodys_work(workspace: Stage) -> None:
    """What was in it is kept first, and who starts it anew is told how to have it again."""
    workspace.team(TEAM + "fresh_worktree = true\n")
    workspace.tt("up").well()
    (workspace.tree("one") / "draft.txt").write_text("half done")
    workspace.tt("down").well()
    workspace.tt("up", "--restore").well()
    assert (workspace.tree("one") / "draft.txt").read_text() == "half done"
    workspace.tt("down").well()
    told = workspace.tt("up").well().stderr
    assert "one: starts anew; " in told
    assert not (workspace.tree("one") / "draft.txt").exists()
    (entry,) = (workspace.root / ".tutti" / "undo").glob("*.json")
    assert entry.stem in told
    ref = json.loads(entry.read_text())["trash"]
    assert workspace.run("git", "show", f"{ref}:tree/draft.txt").well().stdout == "half done"


def test_work_from_before_is_told(workspace: Stage) -> None:
    """An agent that goes on in a tree with uncommitted work is started, and that is said."""
    workspace.team(TEAM)
    assert "uncommitted" not in workspace.tt("up").well().stderr
    (workspace.tree("one") / "draft.txt").write_text("half done")
    workspace.tt("down").well()
    assert "one: goes on in its worktree" in workspace.tt("up").well().stderr
    cleaned = workspace.tt("down", "--clean").well().stderr
    assert "worktree removed, tt undo restore " in cleaned
    assert not workspace.tree("one").exists()
