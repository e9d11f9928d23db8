"""`tt undo` and `tt gc` as a person uses them: real sessions, real git."""

from __future__ import annotations

from typing import Any

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
TWO = TEAM + '[[agent]]\nname = "two"\n'


def kinds(items: list[dict[str, Any]], *, goes: bool) -> list[tuple[str, str]]:
    """Return what goes, or stays."""
    return [(one["kind"], one["name"]) for one in items if one["goes"] is goes]


def test_a_tree_comes_back_and_goes_again(workspace: Stage) -> None:
    """With the branch, the index, new and ignored files; restoring can be undone as well."""
    workspace.team(TEAM)
    assert workspace.tt("undo").well().stdout == "Nothing was taken away.\n"
    workspace.tt("up").well()
    tree = workspace.tree("one")
    (tree / "draft.txt").write_text("half done")
    (tree / "README.txt").write_text("changed")
    workspace.run("git", "add", "README.txt", cwd=tree).well()
    down = workspace.tt("down", "--clean", "--json").well().json()["results"][0]
    (entry,) = workspace.tt("undo", "list", "--json").well().json()["entries"]
    assert (entry["id"], entry["state"]) == (down["undo"], "done")
    assert "changes in README.txt, draft.txt" in entry["what"]
    assert "draft.txt" in workspace.tt("undo", "show", "last").well().stdout
    planned = workspace.tt("undo", "restore", "last", "--dry-run").well().stdout
    assert "the worktree of one would be as it was" in planned
    assert not tree.exists()
    workspace.tt("undo", "restore", "last", "--to", str(workspace.home / "out")).well()
    assert (workspace.home / "out" / "draft.txt").read_text() == "half done"
    workspace.tt("undo", "restore", "last", "--branch", "rescued").well()
    shown = workspace.run("git", "show", "rescued:draft.txt").well()
    assert shown.stdout == "half done"
    back = workspace.tt("undo", "restore", entry["id"]).well().stdout
    assert "the worktree of one is as it was" in back
    status = workspace.run("git", "status", "--porcelain", cwd=tree).well().stdout
    assert status == "M  README.txt\n?? draft.txt\n"
    (tree / "draft.txt").write_text("better")
    again = workspace.tt("undo", "restore", entry["id"], "--json").well().json()
    assert (tree / "draft.txt").read_text() == "half done"
    workspace.tt("undo", "restore", again["undo"]).well()
    assert (tree / "draft.txt").read_text() == "better"
    workspace.tt("up").well()
    assert "is at work in its worktree" in workspace.tt("undo", "restore", "last").badly().stderr
    assert "no undo entry 'nope'" in workspace.tt("undo", "show", "nope").badly(2).stderr


def test_what_nobody_needs_goes(workspace: Stage) -> None:
    """Of an agent that is configured no more: its merged tree; one with work in it stays."""
    workspace.team(TWO.replace('name = "one"', 'name = "kept"') + '[[agent]]\nname = "old"\n')
    workspace.tt("up").well()
    workspace.tt("down").well()
    (workspace.tree("two") / "draft.txt").write_text("half done")
    workspace.team(TEAM.replace('name = "one"', 'name = "kept"'))
    plan = workspace.tt("gc", "--dry-run", "--json").well().json()
    assert ("tree", "old") in kinds(plan["items"], goes=True)
    stays = {one["name"]: one["reason"] for one in plan["items"] if one["kind"] == "tree"}
    assert "changes in draft.txt" in stays["two"]
    assert "may go on in it" in stays["kept"]
    assert workspace.tree("old").exists()
    findings = workspace.tt("doctor", "--json").json()
    told = str(findings)
    assert "nobody needs tree old" in told
    done = workspace.tt("gc", "--json").well().json()
    assert {("tree", "old"), ("branch", "tutti/old")} <= set(kinds(done["items"], goes=True))
    assert not workspace.tree("old").exists()
    assert workspace.tree("two").exists()
    heads = workspace.run("git", "branch", "--format=%(refname:short)").well().stdout.split()
    assert heads == ["main", "tutti/kept", "tutti/two"]
    entries = workspace.tt("undo", "list", "--json").well().json()["entries"]
    assert [one["what"].partition(",")[0] for one in entries[:1]] == ["branch tutti/old"]
    workspace.tt("undo", "restore", entries[0]["id"]).well()
    workspace.tt("undo", "restore", entries[1]["id"]).well()
    assert workspace.tree("old").exists()
    nothing = workspace.tt("gc", "--older-than", "1d", "--json").well().json()
    assert ("undo", entries[0]["id"]) in kinds(nothing["items"], goes=False)


def test_what_was_kept_for_long_enough_goes(workspace: Stage) -> None:
    """The entry with its ref; before that age it never does."""
    workspace.team(TEAM)
    workspace.tt("up").well()
    (workspace.tree("one") / "draft.txt").write_text("half done")
    workspace.tt("down", "--clean").well()
    workspace.tt("gc").well()
    refs = ("git", "for-each-ref", "refs/tutti/trash")
    assert workspace.run(*refs).well().stdout != ""
    said = workspace.tt("gc", "--older-than", "0").well()
    assert "gone" in said.stdout
    undone = workspace.tt("undo", "list", "--json").well().json()["entries"]
    # What gc itself took away a moment ago is as old as this command.
    assert all(one["command"] == "tt gc" for one in undone)
    refused = workspace.tt("gc", "--older-than", "soon").badly(2)
    assert "'soon' is not an age" in refused.stderr
