"""A person's first day: begin a team, start it, talk to it, take it down."""

from __future__ import annotations

from tutti_testing.stage import Stage, carrying

TEAM = """
[workspace]
name = "first"
[defaults]
runtime = "demo"
[[agent]]
name = "one"
prompt = "[[write hello.txt hello]] [[commit Say hello]]"
[[agent]]
name = "two"
depends_on = ["one"]
"""


def test_from_init_to_down(workspace: Stage) -> None:
    """After init the very next up works, work is committed on a branch, and down leaves nothing."""
    workspace.tt("init", "--runtime", "demo").well()
    workspace.team(TEAM)
    up = workspace.tt("up", "--json").well().json()
    assert [one["outcome"] for one in up["results"]] == ["launched", "launched"]
    workspace.until("one", "idle")
    log = workspace.run("git", "log", "--format=%s", "main..tutti/one").well()
    assert log.stdout == "Say hello\n"
    assert (workspace.tree("one") / "hello.txt").read_text() == "hello\n"
    assert not (workspace.root / "hello.txt").exists()
    assert workspace.run("git", "status", "--porcelain").stdout == "?? tutti.toml\n"
    workspace.tt("down").well()
    assert carrying(workspace.root) == []
    assert {row["state"] for row in workspace.status().values()} == {"stopped"}


def test_up_is_idempotent(workspace: Stage) -> None:
    """A second up starts nothing and says so."""
    workspace.tt("init", "--runtime", "demo").well()
    workspace.tt("up").well()
    pid = carrying(workspace.root)
    again = workspace.tt("up", "--json").well().json()
    assert [one["outcome"] for one in again["results"]] == ["running"]
    assert carrying(workspace.root) == pid


def test_a_prompt_of_several_lines_arrives_as_one(workspace: Stage) -> None:
    """The receipt says submitted, with its evidence, and the agent got every line."""
    workspace.tt("init", "--runtime", "demo").well()
    workspace.tt("up").well()
    text = "first line\n  second 'line'\n- third $(line)"
    receipt = workspace.tt("send", "builder", "--json", stdin=text).well().json()
    assert receipt["outcome"] == "submitted"
    assert receipt["evidence"]
    workspace.until("builder", "idle")
    notes = (workspace.tree("builder") / "notes" / "builder.md").read_text()
    assert all(line.strip() in notes for line in text.splitlines())
