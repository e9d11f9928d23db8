from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tutti_core import ConfigError, Context, StateError, TuttiError, Verdict
from tutti_workflow.engine.again import resume
from tutti_workflow.engine.order import Again, Order, Seat, Told
from tutti_workflow.engine.run import run_order
from tutti_workflow.record.files import Files
from tutti_workflow.record.shapes import run_result
from tutti_workflow.record.store import Store, chosen, read, run_ids
from tutti_workflow.verbs import RunRequest, planned
from tutti_workflow.verbs import run as run_verb


def ran(context: Context, **order: Any) -> Any:
    """Run the workflow called a."""
    return run_order(context, Order("a", **order))


def statuses(run: Any) -> dict[str, str]:
    """How each step is."""
    return {one.key: one.status for one in run.steps.values()}


def events(context: Context, run_id: str) -> list[str]:
    """What the workspace was told of a run."""
    return [one["event"] for one in context.journal.read() if one["correlation_id"] == run_id]


class TestOrder:
    """What is done, and in which order."""

    def test_steps_run_one_after_the_other(self, desk: Any) -> None:
        """Without `depends_on` each waits for the one before."""
        context = desk.flow('type = "jot"\nid = "x"', 'type = "jot"', 'type = "jot"\nid = "z"')
        run = ran(context)
        assert run.status == "succeeded"
        assert desk.done() == ["x", "2", "z"]

    def test_ready_steps_run_together(self, desk: Any) -> None:
        """Three steps that wait for nothing take the time of one."""
        context = desk.flow(*['type = "jot"\ndepends_on = []\nsecs = 0.4'] * 3)
        begun = time.monotonic()
        assert ran(context).status == "succeeded"
        assert time.monotonic() - begun < 1.1

    def test_there_is_no_barrier(self, desk: Any) -> None:
        """What waits for a quick step does not wait for a slow one beside it."""
        context = desk.flow(
            'type = "jot"\nid = "slow"\nsecs = 0.5\ndepends_on = []',
            'type = "jot"\nid = "quick"\ndepends_on = []',
            'type = "jot"\nid = "after"\ndepends_on = ["quick"]',
        )
        ran(context)
        assert desk.done() == ["quick", "after", "slow"]

    def test_no_more_run_than_may(self, desk: Any) -> None:
        """With `max_parallel = 1` nothing runs beside anything else."""
        context = desk.flow(
            'type = "jot"\nid = "a"\nsecs = 0.1\ndepends_on = []',
            'type = "jot"\nid = "b"\ndepends_on = []',
            head="max_parallel = 1",
        )
        ran(context)
        assert desk.done() == ["a", "b"]

    def test_one_agent_has_one_at_a_time(self, desk: Any) -> None:
        """Two steps that hold an agent never run together, whatever may."""
        context = desk.flow(
            'type = "talk"\nid = "a"\nagent = "api"\nsecs = 0.2\ndepends_on = []',
            'type = "talk"\nid = "b"\nagent = "api"\ndepends_on = []',
        )
        ran(context)
        assert desk.done() == ["a", "b"]

    def test_two_runs_do_not_share_an_agent(self, desk: Any, until: Any) -> None:
        """A step waits until the step of another run is through with its agent."""
        keys = 'agent = "api"\nsecs = 0.3\ntext = "{{var.who}}"'
        context = desk.flow(f'type = "talk"\n{keys}')
        first = threading.Thread(target=lambda: ran(context, vars={"who": "one"}))
        first.start()
        until(lambda: (context.places.lock("turn-api")).exists())
        ran(Context.open(desk.root, desk.plugins), vars={"who": "two"})
        first.join()
        assert [line.split()[1] for line in desk.effects] == ["one", "two"]


class TestFailure:
    """What a failure means."""

    def test_a_closed_failure_ends_the_run(self, desk: Any) -> None:
        """What waits for it is not begun, and has no result."""
        context = desk.flow('type = "jot"\nfail = 1', 'type = "jot"')
        run = ran(context)
        result = run_result(run)
        assert (run.status, result["success"], result["failed_steps"]) == ("failed", False, [1])
        assert [one["index"] for one in result["step_results"]] == [1]
        assert result["skipped_steps"] == [2]
        assert result["failure"]["message"] == "attempt 1 fails"
        assert result["failure"]["step_index"] == 1

    def test_an_open_failure_is_a_warning(self, desk: Any) -> None:
        """The run goes on, and says so."""
        context = desk.flow('type = "jot"\nfail = 1\nfail_mode = "open"', 'type = "jot"')
        run = ran(context)
        assert statuses(run) == {"1": "warning", "2": "success"}
        assert run_result(run)["success"]
        assert run_result(run)["warning_count"] == 1

    def test_strict_closes_everything(self, desk: Any) -> None:
        """An open failure ends a strict run."""
        context = desk.flow('type = "jot"\nfail = 1\nfail_mode = "open"', 'type = "jot"')
        assert ran(context, strict=True).status == "failed"

    def test_what_runs_beside_a_failure_ends_by_itself(self, desk: Any) -> None:
        """It has its result; only what was not begun has none."""
        context = desk.flow(
            'type = "jot"\nid = "bad"\nfail = 1\ndepends_on = []',
            'type = "jot"\nid = "slow"\nsecs = 0.3\ndepends_on = []',
            'type = "jot"\nid = "never"\ndepends_on = ["slow"]',
        )
        run = ran(context)
        assert statuses(run) == {"bad": "failed", "slow": "success", "never": "pending"}

    def test_a_step_that_is_tried_again(self, desk: Any) -> None:
        """Each attempt is on record, and the run is told of them."""
        retry = "retry = { attempts = 3, backoff_ms = 1 }"
        context = desk.flow(f'type = "jot"\nfail = 2\n{retry}')
        run = ran(context)
        assert run.status == "succeeded"
        (result,) = run_result(run)["step_results"]
        assert [one["outcome"] for one in result["attempts"]] == ["failed", "failed", "success"]
        told = [one.removeprefix("workflow.") for one in events(context, run.run_id)]
        retried = ["step.retrying"] * 2
        assert told == ["started", "step.started", *retried, "step.completed", "completed"]

    def test_a_failure_that_is_not_named_is_not_tried_again(self, desk: Any) -> None:
        """Only an exit code of the list is followed by another attempt."""
        retry = "retry = { attempts = 3, backoff_ms = 1, on = [75] }"
        context = desk.flow(f'type = "jot"\nfail = 2\ncode = 3\n{retry}')
        assert len(ran(context).steps["1"].attempts) == 1

    def test_a_time_limit(self, desk: Any) -> None:
        """A step over its time has timed out, which is a failure of its own kind."""
        context = desk.flow('type = "jot"\nsecs = 20\ntimeout_secs = 0.1')
        run = ran(context)
        (result,) = run_result(run)["step_results"]
        assert (result["status"], result["state"], result["timed_out"]) == (
            "failed",
            "timed_out",
            True,
        )

    def test_a_step_that_does_not_hear_is_given_up(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It has a result, and what it does later is no part of the run any more."""
        monkeypatch.setattr("tutti_workflow.engine.conduct.GRACE_SECS", 0.1)
        context = desk.flow('type = "jot"\nsecs = 0.7\ndeaf = true\ntimeout_secs = 0.1')
        run = ran(context)
        assert statuses(run) == {"1": "timed_out"}
        assert "may go on" in run_result(run)["step_results"][0]["message"]

    @pytest.mark.parametrize("wrong", [3, {"a": float("nan")}, {"a": object()}])
    def test_a_result_that_is_none_is_a_failure(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch, wrong: object
    ) -> None:
        """A step that breaks the contract fails, and the run is recorded like any other."""
        context = desk.flow('type = "jot"')
        monkeypatch.setattr(desk.plugins.steps()["jot"], "run", lambda *_: wrong)
        run = ran(context)
        assert run.status == "failed"
        assert "mistake in the step" in run.failure["hint"]

    def test_a_bug_in_a_step_is_its_failure(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever it raises becomes a result; the run is closed, and resumable."""
        context = desk.flow('type = "jot"')

        def bug(*_: object) -> None:
            raise ZeroDivisionError("by zero")

        monkeypatch.setattr(desk.plugins.steps()["jot"], "run", bug)
        run = ran(context)
        assert run.failure["message"] == "ZeroDivisionError: by zero"
        assert read(context, run.run_id).closed  # type: ignore[union-attr]

    def test_rules_that_cannot_be_read_allow_nothing(self, desk: Any, tmp_path: Path) -> None:
        """Where the user's own file is broken, whatever it forbids is not known: nothing runs."""
        context = desk.flow('type = "jot"')
        config = tmp_path / "config" / "tutti" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text("[permissions\n")
        with pytest.raises(TuttiError):
            run_verb(desk.open(), RunRequest("a"))
        assert (desk.effects, run_ids(context)) == ([], [])

    def test_a_dry_run_asks_the_guards_and_records_nothing(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What they would say of the run and of each command is in the plan."""
        context = desk.flow('type = "command"\nrun = "true"')
        asked: list[str] = []

        def guard(action: Any) -> list[Verdict]:
            asked.append(action.name)
            return [Verdict("refuse", "somebody", reason="not now")]

        monkeypatch.setattr(desk.plugins, "guard", guard)
        plan = planned(context, RunRequest("a"))
        assert asked == ["run", "command"]
        assert plan["policy"]["decision"] == "refuse"
        assert plan["steps"][0]["policy"]["reason"] == "not now"
        assert not context.places.state.exists()

    def test_a_command_that_is_refused_is_a_failure(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It follows the step's `fail_mode`, is not tried again, and was not begun."""
        retry = "retry = { attempts = 3, backoff_ms = 1 }"
        context = desk.flow(f'type = "command"\nrun = "touch made"\n{retry}')
        refusal = Verdict("refuse", "somebody", reason="not this")
        say = lambda action: [refusal] if action.name == "command" else []  # noqa: E731
        monkeypatch.setattr(desk.plugins, "guard", say)
        run = ran(context)
        (result,) = run_result(run)["step_results"]
        assert (result["status"], result["exit_code"]) == ("warning", None)
        assert len(result["attempts"]) == 1
        assert result["failure"]["category"] == "policy"
        assert not (desk.root / "made").exists()


class TestOutputs:
    """What steps leave for each other."""

    def test_an_output_reaches_what_comes_after(self, desk: Any) -> None:
        """It is a file of the run, and a value of templates."""
        context = desk.flow(
            'type = "jot"\nid = "plan"\nleaves = "two words"',
            'type = "jot"\ntext = "{{output.plan.value}}"',
        )
        run = ran(context)
        assert desk.effects[1].endswith(" two words")
        assert json.loads(Path(run.outputs["plan"]).read_text()) == "two words"
        assert run_result(run)["output_files"] == run.outputs

    def test_a_template_of_nothing_is_a_failure(self, desk: Any) -> None:
        """The step that needs it fails, with the name of what is not there."""
        run = ran(desk.flow('type = "jot"', 'type = "jot"\ntext = "{{output.plan.json}}"'))
        assert "'plan'" in run.failure["message"]

    def test_what_an_agent_said_is_marked(self, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """So is what was made of it; what was not is not."""
        monkeypatch.setattr(desk.plugins.steps()["talk"], "untrusted", True, raising=False)
        run = ran(
            desk.flow(
                'type = "talk"\nid = "said"\nagent = "api"\nleaves = "x"',
                'type = "jot"\nid = "made"\ntext = "{{output.said.fenced}}"\nleaves = "y"',
                'type = "jot"\nid = "own"\nleaves = "z"',
                'type = "command"\nrun = "echo $TUTTI_UNTRUSTED > names"',
            )
        )
        assert run.untrusted == {"said", "made"}
        assert [one.drew_on for one in run.steps.values()] == [[], ["said"], [], []]
        assert (desk.root / "names").read_text() == "made said\n"
        result = run_result(run)
        assert result["untrusted_outputs"] == ["made", "said"]
        assert [one["untrusted"] for one in result["step_results"]] == [True, True, False, False]

    def test_a_variable_that_nobody_gives_refuses_the_run(self, desk: Any) -> None:
        """Before it is on record or anything of it is done; also one of a workflow within."""
        context = desk.team(
            '[[workflow]]\nname = "a"\n[[workflow.step]]\ntype = "jot"\n'
            '[[workflow.step]]\ntype = "workflow"\nworkflow = "b"\nvars = { x = "1" }\n'
            '[[workflow]]\nname = "b"\n[[workflow.step]]\ntype = "jot"\n'
            'text = "{{var.x}} {{var.task}}"\n'
        )
        with pytest.raises(ConfigError, match=r"has to be given task: .*step 2, work") as no:
            ran(context)
        assert no.value.hint == "tt run a --var task=VALUE"
        assert not desk.effects
        assert not run_ids(context)
        plan = planned(context, RunRequest("a"))
        assert (plan["variables"], plan["missing_variables"]) == (["task"], ["task"])
        assert ran(context, vars={"task": "t"}).status == "succeeded"

    def test_a_program_finds_its_run(self, desk: Any) -> None:
        """A command has the ids of its run and step, and what steps before it left."""
        context = desk.flow(
            'type = "jot"\nid = "my-plan"\nleaves = "x y"',
            'type = "command"\nid = "c"\n'
            "run = 'echo \"$TUTTI_RUN_ID/$TUTTI_STEP_ID/$TUTTI_OUTPUT_MY_PLAN\"'",
        )
        run = ran(context)
        assert run.steps["c"].result["stdout"] == f"{run.run_id}/c/x y\n"


class TestRecords:
    """What is on disk of a run."""

    def test_the_files_of_the_contract(self, desk: Any) -> None:
        """Checkpoint, intents, rows and ledger have the shapes that other tools read."""
        context = desk.flow('type = "jot"\nid = "x"\nagent = "api"', 'type = "jot"\nfail = 9')
        run = ran(context)
        files = Files(context)
        found = json.loads(files.checkpoint(run.run_id).read_text())
        assert (found["completed_steps"], found["failed_steps"]) == ([1], [2])
        assert (found["success"], found["workflow_name"]) == (False, "a")
        first, second = sorted(files.intents(run.run_id).iterdir())
        assert (first.name, second.name) == ("001-x.json", "002-2.json")
        outcome = json.loads(first.read_text())["outcome"]
        assert (outcome["status"], outcome["success"]) == ("success", True)
        row = json.loads(files.automation.read_text())
        assert (row["trigger"], row["success"], row["run_id"]) == ("run", False, run.run_id)
        ledger = json.loads(files.ledger(run.run_id).read_text())
        assert (ledger["state"], ledger["resume_eligible"]) == ("selected", True)
        assert (ledger["current_step_id"], ledger["last_successful_step_id"]) == ("2", "x")

    def test_records_are_private(self, desk: Any) -> None:
        """Nobody but their owner can read them."""
        context = desk.flow('type = "jot"')
        ran(context)
        for path in Files(context).state.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path

    def test_the_ledger_goes_on_with_the_work(self, desk: Any) -> None:
        """A step moves it when it succeeds; a failure of the run is a state of it too."""
        context = desk.flow(
            'type = "jot"\non_success = { ledger = "branched" }',
            'type = "jot"\non_success = { ledger = "tested" }',
            'type = "jot"\nfail = 1\non_success = { ledger = "docs" }',
        )
        run = ran(context)
        ledger = json.loads(Files(context).ledger(run.run_id).read_text())
        moves = [(one["from"], one["to"]) for one in ledger["transitions"]]
        assert moves == [("selected", "branched"), ("branched", "tested"), ("tested", "failed")]

    def test_the_ledger_knows_the_issue(self, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the step that moved it left of an issue is in the ledger, also after a resume."""
        context = desk.flow(
            'type = "jot"\nid = "x"\non_success = { ledger = "branched" }',
            'type = "jot"\nfail = 1',
        )
        issue = {"issue_number": 7, "title": "Mend it", "branch": "auto/issue-7", "other": 1}
        step = desk.plugins.steps()["jot"]
        run_step = step.run
        given = lambda *args: {**run_step(*args), "output": issue}  # noqa: E731
        monkeypatch.setattr(step, "run", given)
        run = ran(context)
        for _ in range(2):
            ledger = json.loads(Files(context).ledger(run.run_id).read_text())
            found = [ledger[key] for key in ("issue_number", "issue_title", "branch")]
            assert found == [7, "Mend it", "auto/issue-7"]
            if not run.finished_at or run.status != "succeeded":
                run = resume(context, run.run_id, Again())

    def test_a_large_result_is_bounded(self, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its beginning and its end are kept, and how much is left out."""
        context = desk.flow('type = "jot"')
        given = {"stdout": "x" * 5_000_000, "exit_code": 0}
        monkeypatch.setattr(desk.plugins.steps()["jot"], "run", lambda *_: given)
        run = ran(context)
        assert len(run.steps["1"].result["stdout"]) < 70_000
        assert "characters left out" in run.steps["1"].result["stdout"]

    def test_ids_sort_by_time(self, desk: Any) -> None:
        """The last run is the first of the list, and its end is enough to name it."""
        context = desk.flow('type = "jot"')
        ids = [ran(context).run_id for _ in range(3)]
        assert run_ids(context) == ids[::-1]
        assert chosen(context, "last") == ids[-1]
        assert chosen(context, ids[0][-6:]) == ids[0]

    def test_a_beginning_of_several_ids_names_them(self, desk: Any) -> None:
        """What may be more than one run is refused, with their ids."""
        context = desk.flow('type = "jot"')
        for _ in range(2):
            ran(context)
        with pytest.raises(ConfigError, match="may be any of 2 runs"):
            chosen(context, "20")

    @pytest.mark.parametrize("name", ["../x", "a/b", ""])
    def test_an_id_is_no_path(self, desk: Any, name: str) -> None:
        """What has anything else in it than an id has is refused."""
        with pytest.raises(ConfigError, match="invalid run_id"):
            chosen(desk.flow('type = "jot"'), name)

    def test_facts_say_which_step_an_agent_is_at(self, desk: Any) -> None:
        """They are there while the step runs, its movement from the beginning, and then gone."""
        context = desk.flow(
            'type = "jot"', 'type = "jot"\nid = "x"\nagent = "api"\nmovement = "auth"'
        )
        seen: list[Any] = []

        def told(one: Told) -> None:
            path = Files(context).facts
            if one.what == "step" and path.exists():
                seen.append(json.loads(path.read_text()))

        run_order(context, Order("a"), Seat(told))
        assert [fact["value"] for fact in seen[0]["api"]] == ["auth"]
        values = [{one["key"]: one["value"] for one in each["api"]} for each in seen]
        assert {"step": "a: x 2/2", "movement": "auth"} in values
        assert json.loads(Files(context).facts.read_text()) == {}


class TestInterrupted:
    """A run that was asked to end, and what becomes of it."""

    def test_it_ends_and_goes_on(self, desk: Any) -> None:
        """The step under way is looked at again; those before it are kept."""
        context = desk.flow('type = "jot"\nid = "x"', 'type = "jot"\nid = "y"\nsecs = 20')
        flag = threading.Event()

        def told(one: Told) -> None:
            if one.step is not None and one.step.key == "y":
                flag.set()

        run = run_order(context, Order("a"), Seat(told, flag.is_set))
        assert run.status == "interrupted"
        assert events(context, run.run_id)[-1] == "workflow.interrupted"
        desk.flow('type = "jot"\nid = "x"', 'type = "jot"\nid = "y"\nsecs = 20')
        monkey = desk.plugins.steps()["jot"]
        monkey.wait = lambda *_: None
        again = resume(context, run.run_id, Again())
        assert again.status == "succeeded"
        assert desk.done() == ["x", "y"]
        assert again.steps["y"].settled == {"verdict": "redo", "does": "rerun"}

    def test_a_run_that_succeeded_is_not_resumed(self, desk: Any) -> None:
        """There is nothing to go on with."""
        context = desk.flow('type = "jot"')
        run = ran(context)
        with pytest.raises(StateError, match="already succeeded; nothing to resume"):
            resume(context, run.run_id, Again())

    def test_a_failed_run_goes_on_where_it_failed(self, desk: Any) -> None:
        """What was done is kept, and the step that failed is tried again."""
        context = desk.flow('type = "jot"', 'type = "jot"\nfail = 1', 'type = "jot"')
        run = ran(context)
        again = resume(context, run.run_id, Again())
        assert (run.run_id, again.status) == (again.run_id, "succeeded")
        assert desk.done() == ["1", "2", "2", "3"]
        rows = Files(context).automation.read_text().splitlines()
        assert [json.loads(one)["success"] for one in rows] == [False, True]

    def test_warnings_are_kept_unless_asked(self, desk: Any) -> None:
        """`--retry-warnings` does them again."""
        steps = ('type = "jot"\nfail = 1\nfail_mode = "open"', 'type = "jot"\nfail = 1')
        context = desk.flow(*steps)
        run = ran(context)
        again = resume(context, run.run_id, Again(retry_warnings=True))
        assert statuses(again) == {"1": "success", "2": "success"}

    def test_a_changed_workflow_is_refused(self, desk: Any) -> None:
        """Each step that is new, different or gone is named; nothing is written."""
        context = desk.flow('type = "jot"\nid = "x"', 'type = "jot"\nid = "y"\nfail = 1')
        run = ran(context)
        changed = desk.flow('type = "jot"\nid = "x"\ntext = "z"', 'type = "jot"\nid = "w"')
        before = Files(context).journal(run.run_id).read_bytes()
        with pytest.raises(StateError, match="x is different, w is new, y is gone"):
            resume(changed, run.run_id, Again())
        assert Files(context).journal(run.run_id).read_bytes() == before

    def test_force_takes_it_as_it_is_now(self, desk: Any) -> None:
        """What is different runs again, and so does what waits for it; the rest is kept."""
        steps = [f'type = "jot"\nid = "{name}"\ndepends_on = []' for name in "xy"]
        context = desk.flow(*steps, 'type = "jot"\nid = "z"\nfail = 1')
        run = ran(context)
        steps[1] += '\ntext = "new"'
        changed = desk.flow(*steps, 'type = "jot"\nid = "z"\nfail = 1')
        again = resume(changed, run.run_id, Again(force=True))
        assert again.status == "succeeded"
        assert sorted(desk.done()) == ["x", "y", "y", "z", "z"]

    def test_one_owner_per_run(self, desk: Any) -> None:
        """A second one is told who it is."""
        context = desk.flow('type = "jot"\nfail = 1')
        run = ran(context)
        store = Store.take(context, run.run_id)
        try:
            with pytest.raises(StateError, match=rf"run {run.run_id} is owned by pid \d+"):
                resume(context, run.run_id, Again())
        finally:
            store.release()

    def test_an_unknown_run_is_not_found(self, desk: Any) -> None:
        """And nothing is made of it."""
        context = desk.flow('type = "jot"')
        with pytest.raises(ConfigError, match="run 'nope' not found"):
            resume(context, "nope", Again())
        assert run_ids(context) == []


class TestNesting:
    """Workflows within each other."""

    def test_a_workflow_within_itself_is_refused(self, desk: Any) -> None:
        """Also where the file could not show it."""
        context = desk.flow('type = "jot"')
        with pytest.raises(ConfigError, match="within itself"):
            run_order(context, Order("a", above=("a", "b")))

    def test_there_is_a_deepest(self, desk: Any) -> None:
        """However different they are."""
        context = desk.flow('type = "jot"')
        with pytest.raises(ConfigError, match="within 8 others"):
            run_order(context, Order("a", above=tuple("bcdefghi")))


class TestMovements:
    """Parts of the work, across agents."""

    def test_only_a_movement_runs(self, desk: Any) -> None:
        """And whatever its steps wait for."""
        context = desk.flow(
            'type = "jot"\nid = "base"\ndepends_on = []',
            'type = "jot"\nid = "auth"\nmovement = "auth"\ndepends_on = ["base"]',
            'type = "jot"\nid = "docs"\nmovement = "docs"\ndepends_on = []',
        )
        run = ran(context, movement="auth")
        assert sorted(desk.done()) == ["auth", "base"]
        told = [one for one in context.journal.read() if one["correlation_id"] == run.run_id]
        assert {one["data"]["movement"] for one in told} == {"auth"}
        assert {one["data"]["run_id"] for one in told} == {run.run_id}

    def test_a_movement_that_is_not_there(self, desk: Any) -> None:
        """Is refused with those that are."""
        context = desk.flow('type = "jot"\nmovement = "auth"')
        with pytest.raises(ConfigError, match="no step of the movement 'x'"):
            ran(context, movement="x")


class TestGoingOn:
    """A type of steps that goes on with what failed."""

    def test_it_is_given_what_the_failed_attempt_noted(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In a resumed run; other types begin anew."""
        context = desk.flow('type = "jot"\nid = "x"\nfail = 1\ndepends_on = []')
        run = ran(context)
        seen: list[Any] = []
        step = desk.plugins.steps()["jot"]
        monkeypatch.setattr(step, "goes_on", True, raising=False)
        monkeypatch.setattr(step, "run", lambda _, __, lent: seen.append(lent.earlier) or {})
        resume(context, run.run_id, Again())
        notes = {"begins": True}
        assert seen == [{"token": f"{run.run_id}:x:1", "number": 1, "notes": notes}]
