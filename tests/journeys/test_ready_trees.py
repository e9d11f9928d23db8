"""A worktree is ready to work in: files, commands, ports, the right part on the right branch."""

from __future__ import annotations

import json
from pathlib import Path

from tutti_testing import Stage

HEAD = """
[workspace]
name = "shop"
[defaults]
runtime = "demo"
[launch]
mode = "safe"
"""
AGENT = '[[agent]]\nname = "{}"\n'


def team(workspace: Stage, worktree: str, *agents: str) -> Stage:
    """Write a team whose worktrees are made ready."""
    return workspace.team(f"{HEAD}\n[worktree]\n{worktree}\n{''.join(agents)}")


def variable(workspace: Stage, agent: str, name: str) -> str:
    """Return a variable of an agent's process."""
    record = json.loads((workspace.root / ".tutti" / "state" / f"{agent}.json").read_text())
    found = Path(f"/proc/{record['pid']}/environ").read_bytes().split(b"\0")
    return dict(one.decode().partition("=")[::2] for one in found if one)[name]


def test_ignored_files_come_along(workspace: Stage) -> None:
    """They are copied or linked, nothing is replaced, and no link shows up as a new file."""
    workspace.repository(**{".gitignore": ".env\nnode_modules/\n", "kept.txt": "committed"})
    (workspace.root / ".env").write_text("KEY=1\n")
    (workspace.root / "kept.txt").write_text("mine, not committed")
    (workspace.root / "node_modules" / "left-pad").mkdir(parents=True)
    lines = 'copy = [".env", "kept.txt", "none-*"]\nlink = ["node_modules"]'
    done = team(workspace, lines, AGENT.format("api")).tt("up").well()
    tree = workspace.tree("api")
    assert (tree / ".env").read_text() == "KEY=1\n"
    assert (tree / "kept.txt").read_text() == "committed"
    assert (tree / "node_modules").readlink() == workspace.root / "node_modules"
    assert workspace.run("git", "-C", str(tree), "status", "--porcelain").stdout == ""
    assert "nothing here matches 'none-*'" in done.stderr


def test_setup_runs_once_for_each_tree(workspace: Stage) -> None:
    """It is not repeated at the next start, but is when its commands have changed."""
    once = 'setup = ["echo $TUTTI_AGENT $TUTTI_PORT_BASE >> runs"]'
    team(workspace, once, AGENT.format("api")).tt("up").well()
    runs = workspace.tree("api") / "runs"
    assert runs.read_text().startswith("api 2")
    workspace.tt("down").well()
    workspace.tt("up").well()
    assert len(runs.read_text().splitlines()) == 1
    workspace.tt("down").well()
    team(workspace, 'setup = ["echo again >> runs"]', AGENT.format("api")).tt("up").well()
    assert runs.read_text().splitlines()[1:] == ["again"]
    assert [one["event"] for one in workspace.events()].count("worktree.ready") == 2


def test_an_agent_whose_setup_fails_is_not_started(workspace: Stage) -> None:
    """The reason is told, `tt status` shows it, and the next `up` tries again."""
    broken = 'setup = ["test -e mended || { echo no such package; false; }"]'
    team(workspace, broken, AGENT.format("api"), AGENT.format("web") + "setup = []\n")
    done = workspace.tt("up", "--json").badly().json()
    by_name = {one["agent"]: one for one in done["results"]}
    assert "no such package" in by_name["api"]["detail"]
    assert by_name["web"]["ok"]
    [fact] = workspace.status()["api"]["facts"]
    assert fact["value"].startswith("failed: test -e mended")
    (workspace.tree("api") / "mended").touch()
    workspace.tt("up").well()
    assert workspace.status()["api"]["facts"] == []


def test_each_agent_has_ports_of_its_own(workspace: Stage) -> None:
    """The agent's own process is told where they begin, and no two blocks touch."""
    team(workspace, "ports = 5", AGENT.format("api"), AGENT.format("web")).tt("up").well()
    firsts = [int(variable(workspace, name, "TUTTI_PORT_BASE")) for name in ("api", "web")]
    assert abs(firsts[0] - firsts[1]) >= 5
    assert variable(workspace, "api", "TUTTI_PORT_COUNT") == "5"


def test_only_the_agents_part_is_checked_out(workspace: Stage) -> None:
    """The folder of its scope and the files above it; everything else stays in the repository."""
    for path in ("src/api/a.txt", "src/web/w.txt", "docs/d.txt", "top.txt"):
        (workspace.root / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace.root / path).write_text(path)
    workspace.run("git", "add", "-A").well()
    workspace.run("git", "commit", "-qm", "All of it").well()
    scope = AGENT.format("api") + 'scope = "src/api/**"\n'
    team(workspace, "sparse = true", scope, AGENT.format("web")).tt("up").well()
    tree = workspace.tree("api")
    assert (tree / "src/api/a.txt").exists()
    assert (tree / "top.txt").exists()
    assert not (tree / "src/web").exists()
    assert not (tree / "docs").exists()
    assert workspace.run("git", "-C", str(tree), "status", "--porcelain").stdout == ""
    assert (workspace.tree("web") / "docs/d.txt").exists()
    assert workspace.run("git", "status", "--porcelain").stdout == "?? tutti.toml\n"


SPARSE = AGENT.format("api") + 'scope = "{}"\n'


def folders(workspace: Stage, root: Path | None = None) -> Stage:
    """Commit a repository of some folders."""
    for path in ("src/api/a.txt", "src/web/w.txt", "docs/d.txt", "top.txt"):
        (workspace.root / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace.root / path).write_text(path)
    workspace.run("git", "add", "-A").well()
    workspace.run("git", "commit", "-qm", "All of it").well()
    return Stage(root or workspace.root, workspace.home, workspace.env)


def has(workspace: Stage) -> set[str]:
    """Return the folders that the tree of `api` has."""
    tree = workspace.tree("api")
    return {path for path in ("src/api", "src/web", "docs") if (tree / path).is_dir()}


def test_a_part_counts_from_the_workspace_on(workspace: Stage) -> None:
    """Where the workspace is a folder of a larger repository, its agent starts in its own part."""
    part = folders(workspace, workspace.root / "src")
    try:
        team(part, "sparse = true", SPARSE.format("api/**")).tt("up").well()
        assert has(part) == {"src/api"}
        found = json.loads((part.root / ".tutti" / "state" / "api.json").read_text())
        assert found["cwd"] == str(part.tree("api") / "src")
    finally:
        part.close()


def test_a_part_that_is_not_there_is_told(workspace: Stage) -> None:
    """The agent is started with the files at the top, and can make the folder."""
    stage = team(folders(workspace), "sparse = true", SPARSE.format("none/such/**"))
    done = stage.tt("up").well()
    assert "api: none/such is not in the commit its worktree was made from" in done.stderr
    assert has(stage) == set()
    (stage.tree("api") / "none" / "such").mkdir(parents=True)
    (stage.tree("api") / "none" / "such" / "new").touch()
    stage.run("git", "add", "none", cwd=stage.tree("api")).well()


def test_a_tree_stays_as_it_was_made(workspace: Stage) -> None:
    """That it is not sparse is said; a fresh start makes it so, keeps it so, and takes it back."""
    stage = team(folders(workspace), "ports = 10", SPARSE.format("src/api/**"))
    stage.tt("up").well()
    stage.tt("down").well()
    team(stage, "sparse = true", SPARSE.format("src/api/**"))
    done = stage.tt("up").well()
    assert "api: its worktree has the whole repository, as it was made" in done.stderr
    assert has(stage) == {"src/api", "src/web", "docs"}
    stage.tt("down").well()
    assert "as it was made" not in stage.tt("up", "--fresh-worktree").well().stderr
    assert has(stage) == {"src/api"}
    stage.tt("down").well()
    (stage.tree("api") / "src" / "api" / "a.txt").write_text("changed")
    again = stage.tt("up", "--fresh-worktree").well()
    assert "starts anew" in again.stderr
    assert has(stage) == {"src/api"}
    stage.tt("down").well()
    stage.tt("undo", "restore", "last").well()
    assert has(stage) == {"src/api"}
    assert (stage.tree("api") / "src" / "api" / "a.txt").read_text() == "changed"
    team(stage, "sparse = false", SPARSE.format("src/api/**")).tt("up", "--fresh-worktree").well()
    assert has(stage) == {"src/api", "src/web", "docs"}


def test_a_fresh_start_begins_from_the_base(workspace: Stage) -> None:
    """Not from where the workspace is."""
    workspace.run("git", "tag", "v1").well()
    workspace.run("git", "commit", "-q", "--allow-empty", "-m", "Later").well()
    team(workspace, 'base = "v1"', AGENT.format("api")).tt("up").well()
    workspace.tt("down").well()
    tree = workspace.tree("api")
    workspace.run("git", "commit", "-q", "--allow-empty", "-m", "Mine", cwd=tree).well()
    workspace.tt("up", "--fresh-worktree").well()
    head = workspace.run("git", "rev-parse", "HEAD", cwd=tree).stdout
    assert head == workspace.run("git", "rev-parse", "v1").stdout


def test_who_shares_what_is_said_once(workspace: Stage) -> None:
    """By `tt up` and by `tt doctor`; the second on one branch is told who has it, and how to."""
    here = [AGENT.format(name) + "worktree = false\n" for name in ("ada", "bob")]
    there = [AGENT.format(name) + 'branch = "x"\n' for name in ("cy", "di")]
    (workspace.root / "README.txt").write_text("mine, not committed")
    stage = team(workspace, "ports = 0", *here, *there)
    done = stage.tt("up").badly()
    one = "ada and bob work in one folder, yours: they share its files, index and branch"
    assert done.stderr.count(one) == 1
    assert "ada, bob: works in your own folder, in which you have uncommitted" in done.stderr
    assert done.stderr.count("cy and di are to be on branch x") == 1
    states = {name: row["state"] for name, row in stage.status().items()}
    assert [name for name, state in states.items() if state == "stopped"] in (["cy"], ["di"])
    other = "di" if states["cy"] == "stopped" else "cy"
    assert f"free it: tt down --clean {other}" in done.stdout + done.stderr
    findings = stage.tt("doctor", "--json").json()
    assert str(findings).count(one) == 1
    stage.tt("down", "--clean", other).well()
    stage.tt("up", "cy" if other == "di" else "di").well()


def test_a_new_branch_starts_where_it_should(workspace: Stage) -> None:
    """`base` is where it starts, `branch_template` what it is called; nonsense is refused."""
    workspace.run("git", "tag", "v1").well()
    workspace.run("git", "commit", "-q", "--allow-empty", "-m", "Later").well()
    lines = 'base = "v1"\nbranch_template = "agents/{workspace}-{agent}"'
    team(workspace, lines, AGENT.format("api")).tt("up").well()
    assert workspace.status()["api"]["branch"] == "agents/shop-api"
    tree = str(workspace.tree("api"))
    head = workspace.run("git", "-C", tree, "rev-parse", "HEAD").stdout
    assert head == workspace.run("git", "rev-parse", "v1").stdout
    nowhere = AGENT.format("web") + 'base = "no-such-branch"\n'
    told = team(workspace, lines, nowhere).tt("up", "web").badly()
    assert "no commit 'no-such-branch'" in told.stderr
    assert not workspace.tree("web").exists()


def test_teardown_runs_before_a_tree_goes(workspace: Stage) -> None:
    """It runs in the tree; where it fails, the tree stays."""
    lines = 'teardown = ["ls > ../../../went", "test ! -e busy"]'
    team(workspace, lines, AGENT.format("api")).tt("up").well()
    busy = workspace.tree("api") / "busy"
    busy.touch()
    told = workspace.tt("down", "--clean").badly()
    assert "test ! -e busy" in told.stdout + told.stderr
    busy.unlink()
    workspace.tt("down", "--clean").well()
    assert not workspace.tree("api").exists()
    assert "README" in (workspace.root / "went").read_text()


def test_teardown_runs_before_gc_takes_a_tree(workspace: Stage) -> None:
    """What `tt gc` takes away is left as it is by `tt down --clean`; where it fails, it stays."""
    lines = 'teardown = ["test ! -e busy.log", "ls > ../../../went"]'
    (workspace.root / ".gitignore").write_text("*.log\n")
    workspace.run("git", "add", ".").well()
    workspace.run("git", "commit", "-qm", "Ignore logs").well()
    team(workspace, lines, AGENT.format("api")).tt("up").well()
    workspace.tt("down").well()
    (workspace.tree("api") / "busy.log").touch()
    team(workspace, lines, AGENT.format("web"))
    told = workspace.tt("gc").badly()
    assert "test ! -e busy.log" in told.stderr
    assert workspace.tree("api").is_dir()
    (workspace.tree("api") / "busy.log").unlink()
    workspace.tt("gc").well()
    assert not workspace.tree("api").exists()
    assert "README" in (workspace.root / "went").read_text()
