"""Steps that have to do with agents: each started once, told once, and ended by who began it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from tutti_core import Attempt, Context
from tutti_core.errors import StepStopped
from tutti_testing import Stage, StepConformance, failures
from tutti_workflow.model import StepFailed
from tutti_workflow.reclaim import Starts, reclaim
from tutti_workflow.steps.ensure import EnsureKeys, EnsureRunning
from tutti_workflow.steps.prompt import Prompt, PromptKeys

TEAM = """
[workspace]
name = "work"

[launch]
mode = "unattended"
policy = "bypass"

[defaults]
runtime = "demo"
worktree = false

[[agent]]
name = "ann"

[[agent]]
name = "bob"
persistent = true
"""


# Each law of theirs takes a team: too long for every day.
@pytest.mark.soak
class TestEnsureRunning(StepConformance):
    """The law of steps."""

    step = EnsureRunning()
    examples = ('agent = "ann"',)
    refused = (('agent = ""', "agent"), ("agent = 3", "agent"))
    team = TEAM


@pytest.mark.soak
class TestPrompt(StepConformance):
    """The law of steps, over a real terminal."""

    step = Prompt()
    examples = (
        "agent = 'ann'\ntext = '[[append a.txt x]] [[write a.json {}]]'\noutput_json = 'a.json'",
    )
    refused = (
        ('agent = "ann"\ntext = " "', "text"),
        ('agent = "ann"\ntext = "x"\nartifact_glob = "*"', "artifact_name"),
        ('agent = "ann"\ntext = "x"\nreprompt = 9', "reprompt"),
        ('agent = "ann"\ntext = "x"\nwait_timeout_secs = 0', "wait_timeout_secs"),
        ('agent = "ann"\ntext = "x"\ninject_files = [{ dest = "x" }]', "inject_files"),
    )
    slow = 'agent = "ann"\ntext = "[[think 60]]"\nwait_for_idle = true'
    team = TEAM


CHEAP = {
    "test_its_keys_come_from_toml",
    "test_it_refuses_what_it_cannot_do",
    "test_planning_has_no_effect",
    "test_a_step_that_is_cancelled_does_nothing",
    "test_a_step_without_time_does_nothing",
    "test_recovering_only_looks",
}


@pytest.mark.parametrize("suite", [TestEnsureRunning, TestPrompt])
def test_the_laws_that_need_no_agent(suite: type) -> None:
    """A plan and a look change nothing, and who may not begin does not, every day."""
    assert failures(suite, only=CHEAP) == {}


@pytest.fixture
def work(workspace: Stage, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A workspace with agents."""
    for name, value in workspace.env.items():
        monkeypatch.setenv(name, value)
    workspace.team(TEAM)
    return Context.open(workspace.root)


def attempt(folder: Path, **more: Any) -> tuple[Attempt, dict[str, Any], list[str]]:
    """An attempt, what it notes, and what it says."""
    notes: dict[str, Any] = {}
    said: list[str] = []
    env = {"TUTTI_STEP_DIR": str(folder)}
    return Attempt("run:go:1", env=env, note=notes.update, say=said.append, **more), notes, said


def test_what_is_left_is_collected(work: Context, tmp_path: Path) -> None:
    """Files come along, an artifact is found by its change, and JSON is asked for once more."""
    (work.root / "plan.md").write_text("the plan\n")
    (work.root / "out").mkdir()
    (work.root / "out" / "old.md").write_text("old\n")
    (work.root / "out" / "both.md").write_text("before\n")
    text = "[[bash cat in/plan.md]] [[append out/both.md after]]"
    step = PromptKeys(
        "ann",
        text,
        inject_files=(_file("plan.md", "in/plan.md"),),
        output_json="a.json",
        wait_for_idle=True,
        wait_timeout_secs=40,
        artifact_glob="out/*.md",
        artifact_name="report",
    )
    given, notes, said = attempt(tmp_path)
    with pytest.raises(StepFailed, match=r"output_json .*a\.json was not written") as failed:
        Prompt().run(work, step, given)
    assert any("is told again" in one for one in said)
    assert failed.value.data["receipt"]["outcome"] == "submitted"
    assert (work.root / "in" / "plan.md").read_text() == "the plan\n"
    given, notes, said = attempt(tmp_path)
    step = PromptKeys("ann", text, artifact_glob="out/*.md", artifact_name="r")
    done = Prompt().run(work, step, given)
    assert done["outputs"]["r"]["value"] == "before\nafter\nafter\n"
    assert done["artifact_sources"] == [str(work.root / "out" / "both.md")]
    assert "starts" not in notes


def _file(src: str, dest: str) -> Any:
    from tutti_workflow.steps.files import Injected

    return Injected(src, dest)


def test_a_wait_that_is_over_says_so(work: Context, tmp_path: Path) -> None:
    """Its own time, not the attempt's: the step has failed for want of time, and says where."""
    step = PromptKeys("ann", "[[think 60]]", wait_for_idle=True, wait_timeout_secs=3)
    with pytest.raises(StepFailed, match="wait_for_idle timed out after 3 s") as failed:
        Prompt().run(work, step, attempt(tmp_path)[0])
    assert failed.value.data["timed_out"]
    assert failed.value.data["receipt"]["outcome"] == "submitted"


@pytest.mark.parametrize(
    ("state", "category"),
    [("auth_failed", "policy"), ("rate_limited", "provider"), ("waiting", "runtime")],
)
def test_who_is_not_ready_fails_the_step(
    work: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, category: str
) -> None:
    """An agent that runs and cannot be told anything is no success, and says why."""
    up = work.plugins.verbs()["up"]
    outcome = SimpleNamespace(
        outcome="launched", ok=True, ready=False, state=state, detail="", hint="", warnings=()
    )
    done = SimpleNamespace(results=[outcome], warnings=(), interrupted=False)
    verbs = {**work.plugins.verbs(), "up": attrs.evolve(up, run=lambda *_: done)}
    monkeypatch.setattr(work.plugins, "verbs", lambda: verbs)
    with pytest.raises(StepFailed, match="failed to start 'ann': it is") as failed:
        EnsureRunning().run(work, EnsureKeys("ann"), attempt(tmp_path)[0])
    assert failed.value.category == category
    assert failed.value.data["state"] == state


def test_who_has_the_prompt_is_not_stopped(work: Context, tmp_path: Path) -> None:
    """A step that has to end says that its agent goes on; what goes on with it waits for that."""
    step = PromptKeys("ann", "[[think 4]] [[append done.txt x]]", wait_for_idle=True)
    notes: dict[str, Any] = {}
    given, _, _ = attempt(tmp_path)
    given = attrs.evolve(given, note=notes.update, stopped=lambda: "posting" in notes and sent())

    def sent() -> bool:
        return any(one["event"] == "prompt.submitted" for one in work.journal.read())

    with pytest.raises(StepStopped, match="ann has the prompt, and was not stopped") as stopped:
        Prompt().run(work, step, given)
    assert not (work.root / "done.txt").exists()
    assert stopped.value.data["receipt"]["outcome"] == "submitted"  # type: ignore[attr-defined]
    record = {"token": given.token, "number": 1, "notes": notes, "cancelled": True}
    assert Prompt().recover(work, step, record) == "continue"
    again, _, _ = attempt(tmp_path, number=2, earlier=record)
    assert Prompt().run(work, step, again)["turn"] == "done"
    assert (work.root / "done.txt").read_text() == "x\n"


def test_only_who_was_started_is_ended(work: Context, tmp_path: Path) -> None:
    """A session somebody else began stays; so does one that is to stay; the rest goes."""
    for name in ("ann", "bob"):
        given, notes, _ = attempt(tmp_path)
        assert EnsureRunning().run(work, EnsureKeys(name), given)["started"] is True
        assert notes == {"starts": name}
    given, notes, _ = attempt(tmp_path, number=2)
    again = EnsureRunning().run(work, EnsureKeys("ann"), given)
    # The step started it, though not in this attempt.
    assert (notes, again["message"]) == ({}, "started agent 'ann'")

    def end(name: str, token: str) -> str:
        return str(reclaim(work, Starts((name,), frozenset({token})))[0]["outcome"])

    assert end("bob", "run:go:1") == "persistent"
    assert end("ann", "another:go:1") == "another's"
    assert end("ann", "run:go:1") == "reclaimed"
    assert [one.agent for one in work.host.list(str(work.root))] == ["bob"]
    assert end("ann", "run:go:1") == "gone"
