"""Hooks are done once, told what it is about, and never cost anybody the end of a run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tutti_core import Context, Event
from tutti_testing import Stage
from tutti_workflow.engine.order import Order, Seat
from tutti_workflow.engine.run import run_order
from tutti_workflow.engine.whole import Whole, close_left
from tutti_workflow.hooks.service import MANY, ClosingService, HookService
from tutti_workflow.record.files import Files
from tutti_workflow.record.shapes import run_result

TEAM = """
[workspace]
name = "work"

[[agent]]
name = "ann"
runtime = "demo"

[[workflow]]
name = "good"
[[workflow.step]]
type = "command"
run = "true"

[[workflow]]
name = "bad"
[[workflow.step]]
type = "command"
run = "false"
fail_mode = "closed"

[[workflow]]
name = "after"
[[workflow.step]]
type = "command"
argv = ["sh", "-c", 'echo "$1" >> after.txt', "-", "{{var.hook_workflow}} {{var.hook_success}}"]
"""
SAY = 'echo "$TUTTI_HOOK_EVENT $TUTTI_HOOK_AGENT $TUTTI_HOOK_STATUS" >> said.txt'


@pytest.fixture
def stage(workspace: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A workspace whose environment is this process's."""
    for name, value in workspace.env.items():
        monkeypatch.setenv(name, value)
    return workspace


def opened(stage: Stage, hooks: str) -> Context:
    """The workspace with hooks."""
    return Context.open(stage.team(TEAM + hooks).root)


def hook(**keys: Any) -> str:
    """A hook of a file."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join(["\n[[hook]]", *lines, ""])


def lines(context: Context, name: str) -> list[str]:
    """The lines of a file that hooks wrote."""
    path = context.root / name
    return path.read_text().splitlines() if path.exists() else []


def names(context: Context) -> list[str]:
    """The names of all events."""
    return [one["event"] for one in context.journal.read()]


class TestAfterARun:
    """`workflow_complete`."""

    def test_each_by_its_filter(self, stage: Stage) -> None:
        """By how it ended, which it was, and how it was begun."""
        context = opened(
            stage,
            hook(event="workflow_complete", run="echo always >> said.txt")
            + hook(event="workflow_complete", on="failure", run="echo failure >> said.txt")
            + hook(event="workflow_complete", on="success", run="echo success >> said.txt")
            + hook(event="workflow_complete", workflow_name="bad", run="echo bad >> said.txt")
            + hook(event="workflow_complete", workflow_source="verify", run="echo v >> said.txt")
            + hook(event="workflow_complete", agent="ann", run="echo ann >> said.txt"),
        )
        run_order(context, Order("good"))
        run_order(context, Order("bad", origin="verify"))
        assert lines(context, "said.txt") == ["always", "success", "always", "failure", "bad", "v"]

    def test_it_is_told_what_it_is_about(self, stage: Stage) -> None:
        """In its environment, in a file, and as variables of the workflow that it runs."""
        context = opened(
            stage,
            hook(event="workflow_complete", run=f"{SAY}; cp $TUTTI_HOOK_PAYLOAD told.json")
            + hook(event="workflow_complete", workflow="after"),
        )
        run = run_order(context, Order("bad"))
        assert lines(context, "said.txt") == ["workflow_complete  failed"]
        told = json.loads((context.root / "told.json").read_text())
        assert (told["run_id"], told["failed_steps"], told["hook"]) == (run.run_id, [1], 0)
        assert lines(context, "after.txt") == ["bad false"]

    def test_a_failing_one_never_costs_the_end_of_the_run(self, stage: Stage) -> None:
        """The run's own end is told before; a closed hook that fails leaves out those after it."""
        context = opened(
            stage,
            hook(event="workflow_complete", argv=["no-such-program"])
            + hook(event="workflow_complete", run="exit 3", fail_mode="closed")
            + hook(event="workflow_complete", run="echo never >> said.txt"),
        )
        run = run_order(context, Order("good"))
        assert run.status == "succeeded"
        assert run.closed
        told = [one for one in names(context) if one.startswith(("workflow.completed", "hook."))]
        assert told == ["workflow.completed", *("hook.started", "hook.failed") * 2]
        assert [one["outcome"] for one in run_result(run)["hooks"]] == ["failed", "failed"]
        assert not lines(context, "said.txt")

    def test_what_a_hook_runs_has_no_hooks(self, stage: Stage) -> None:
        """It would never end."""
        context = opened(stage, hook(event="workflow_complete", workflow="after"))
        run_order(context, Order("good"))
        assert lines(context, "after.txt") == ["good true"]

    @pytest.mark.parametrize("who", ["a run", "the watcher"])
    def test_whoever_comes_next_tells_what_a_killed_one_could_not(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, who: str
    ) -> None:
        """Killed between the last step and the hooks: they are done by the next, and once."""
        context = opened(stage, hook(event="workflow_complete", run=f"{SAY}", on="success"))

        def killed(_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as dying:
            dying.setattr(Whole, "close", killed)
            with pytest.raises(KeyboardInterrupt):
                run_order(context, Order("good"))
        assert lines(context, "said.txt") == []

        def full(_: Any) -> None:
            raise OSError("no space left")

        with monkeypatch.context() as broken:
            broken.setattr(Whole, "close", full)
            assert close_left(context, Seat()) == []  # it keeps nobody from running
        told: list[str] = []
        if who == "a run":
            run_order(context, Order("bad"), Seat(lambda one: told.append(one.text)))
            assert any("was killed before its end was told" in one for one in told)
        for _ in range(2):
            ClosingService().handle(context, None)
        assert lines(context, "said.txt") == ["workflow_complete  succeeded"]
        assert names(context).count("workflow.completed") == 1
        assert not list((context.places.state / "runs-closing").iterdir())

    def test_tt_run_within_a_hook_has_no_hooks(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else one whose command is `tt run` would bring itself on for ever."""
        context = opened(stage, hook(event="workflow_complete", run=SAY))
        for event, fired in (("workflow_complete", 0), ("agent_stop", 1)):
            monkeypatch.setenv("TUTTI_HOOK_EVENT", event)
            run = run_order(context, Order("good"))
            assert len(run_result(run)["hooks"]) == fired
            row = json.loads(Files(context).automation.read_text().splitlines()[-1])
            assert (row["trigger"], row["hook_event"]) == ("run", event)

    def test_a_closed_one_fails_the_command(self, stage: Stage) -> None:
        """`tt run` says so, though the run is a success on record."""
        opened(stage, hook(event="workflow_complete", run="exit 3", fail_mode="closed"))
        done = stage.tt("run", "good", "--json").badly()
        assert json.loads(done.stdout)["success"]
        assert "hook 0 of the file failed" in done.stderr


class TestOfAgents:
    """`agent_stop` and the others, by the watcher's service."""

    def event(self, seq: int, name: str = "agent.stopped") -> Event:
        """An event of an agent."""
        return Event(name, "work", "ann", data={"reason": "manual"}, seq=seq)

    def test_each_event_once(self, stage: Stage) -> None:
        """The same event again, after a kill in between, does nothing."""
        context = opened(
            stage,
            hook(event="agent_stop", run=SAY)
            + hook(event="agent_waiting", run=SAY)
            + hook(event="agent_stop", agent="ann", workflow="after"),
        )
        for seq, name in ((5, "agent.stopped"), (5, "agent.stopped"), (6, "agent.waiting")):
            HookService().handle(context, self.event(seq, name))
        HookService().handle(context, self.event(7, "agent.idle"))
        assert lines(context, "said.txt") == ["agent_stop ann ", "agent_waiting ann "]
        assert lines(context, "after.txt") == [" "]

    def test_one_whose_process_was_killed_is_reported(self, stage: Stage) -> None:
        """Nobody knows how far it came: it is told, and not done again."""
        context = opened(stage, hook(event="agent_stop", run=SAY))
        folder = context.places.state / "hook-runs" / "0000000005-0"
        folder.mkdir(parents=True)
        (folder / "record.json").write_text('{"status": "begun"}')
        HookService().handle(context, self.event(5))
        HookService().handle(context, self.event(5))
        assert not lines(context, "said.txt")
        assert names(context) == ["hook.failed"]

    def test_one_that_brings_itself_on_is_left_out(self, stage: Stage) -> None:
        """After a few times within minutes it is told, and not done."""
        context = opened(stage, hook(event="agent_stop", run=SAY))
        service = HookService()
        for seq in range(1, MANY + 3):
            service.handle(context, self.event(seq))
        assert len(lines(context, "said.txt")) == MANY
        assert names(context).count("hook.suppressed") == 2


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"event": "workflow_complete"}, "give exactly one of"),
        ({"event": "workflow_complete", "run": "a", "workflow": "good"}, "give exactly one of"),
        ({"event": "workflow_complete", "workflow": "none"}, "there is no workflow 'none'"),
        ({"event": "agent_stop", "run": "a", "on": "failure"}, "goes with event"),
        ({"event": "agent_stop", "run": "a", "agent": "eve"}, "no agent is named 'eve'"),
        ({"event": "agent_gone", "run": "a"}, "agent_gone"),
        ({"event": "agent_stop", "run": "a", "timeout_secs": 0}, "must be more than 0"),
    ],
)
def test_nonsense_is_refused(stage: Stage, keys: dict[str, Any], said: str) -> None:
    """With the key and the reason."""
    stage.team(TEAM + hook(**keys))
    assert said in stage.tt("run", "--list").badly().stderr
