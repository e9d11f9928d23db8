"""The step `command`: a program runs, its output is told and kept, its exit status counts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from tutti_core import Action, Arrangement, Attempt, Context, RuntimeFailure
from tutti_core.errors import StepStopped

from ..model import Common, StepFailed
from ..shelltext import ShellText, shell
from .child import Child
from .deciding import allow
from .outputs import OutputError, read_json
from .places import Base, planned_folder, step_folder, within, working_folder
from .printed import Follower, excerpt

LOOK_SECS = 0.1
SHOWN = 300


def _filled(_: Any, field: Any, value: str | None) -> None:
    if value is not None and not value.strip():
        raise ValueError(f"{field.name} is blank")


def _words(_: Any, field: Any, value: tuple[str, ...] | None) -> None:
    if value is not None and not (value and value[0].strip()):
        raise ValueError(f"{field.name} needs a program")
    if value is not None and any("\0" in word for word in value):
        raise ValueError(f"{field.name} has a NUL in it")


@attrs.frozen
class CommandKeys:
    """The keys of a step of type `command`.

    Attributes:
        run: Shell text. A template in it becomes one word; where that cannot be, it is refused.
        argv: The program and its arguments instead, which no shell reads.
        cwd: `workspace`, or `agent_worktree`: where the agent works.
        subdir: Folder below that; it must not lead out of it.
        agent: The agent whose worktree is meant.
        output_json: File that the command leaves, relative to where it runs: one JSON value.
        env: Further variables.
        login_shell: Whether the shell reads its profile before, as at a login.
        allow_outside: Whether `output_json` may lie outside of where the command runs.
        max_output_mb: Megabytes that it may print before it is ended.
    """

    run: str | None = attrs.field(default=None, validator=_filled, metadata={"render": shell})
    argv: tuple[str, ...] | None = attrs.field(default=None, validator=_words)
    cwd: Base = "workspace"
    subdir: str | None = attrs.field(default=None, validator=_filled)
    agent: str | None = None
    output_json: str | None = attrs.field(default=None, validator=_filled)
    env: Mapping[str, str] = attrs.field(factory=dict)
    login_shell: bool = False
    allow_outside: bool = False
    max_output_mb: int = attrs.field(default=4096, validator=attrs.validators.ge(1))

    def __attrs_post_init__(self) -> None:
        """Hold that there is one thing to run."""
        if (self.run is None) == (self.argv is None):
            raise ValueError("give either run or argv, and not both")

    @property
    def words(self) -> tuple[str, ...]:
        """The program that is started and its arguments."""
        if self.argv is not None:
            return self.argv
        return ("sh", "-lc" if self.login_shell else "-c", str(self.run))

    @property
    def shown(self) -> str:
        """The command as a person reads it."""
        if self.argv is not None:
            import shlex

            return shlex.join(self.argv)
        return self.run.shown if isinstance(self.run, ShellText) else str(self.run)


class Command:
    """Runs a program."""

    name = "command"
    schema = CommandKeys
    fail_mode = "open"
    on_resume = "rerun"
    timeout_secs = 900.0
    retries = True

    def check(
        self, step: CommandKeys, common: Common, arrangement: Arrangement
    ) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with it in its workflow."""
        if step.cwd == "agent_worktree" and not step.agent:
            yield ".cwd", "needs an agent whose worktree is meant: name one"
        if step.output_json is not None and common.id is None:
            yield ".output_json", "needs an id, by which later steps name it"
        if step.subdir is not None and ("\0" in step.subdir or Path(step.subdir).is_absolute()):
            yield ".subdir", "must be relative to where the command runs"
        elif step.subdir is not None and os.path.normpath(step.subdir).split("/")[0] == "..":
            yield ".subdir", "leads out of where the command runs"

    def leaves(self, step: CommandKeys, common: Common) -> tuple[str, ...]:
        """Name what it leaves for later steps."""
        return (str(common.id),) if step.output_json is not None else ()

    def intent(self, context: Context, step: CommandKeys) -> Mapping[str, Any]:
        """Say what the contract's intent has of it beside its keys."""
        return {"cwd": str(planned_folder(context, step.cwd, step.agent, step.subdir))}

    def plan(self, context: Context, step: CommandKeys) -> Mapping[str, Any]:
        """Say what would run where, and what the policy says of it."""
        verdicts = context.plugins.guard(_action(context, step))
        first = verdicts[0] if verdicts else None
        return {
            "agent": step.agent,
            "cwd": str(planned_folder(context, step.cwd, step.agent, step.subdir)),
            "command": step.shown,
            "argv": list(step.words),
            "summary": step.shown,
            "policy": attrs.asdict(first) if first else {"decision": "allow"},
            **({"output_json": step.output_json} if step.output_json else {}),
        }

    def run(self, context: Context, step: CommandKeys, attempt: Attempt) -> Mapping[str, Any]:
        """Run it, or wait for the one that an attempt before left running."""
        attempt.check()
        child = _left(attempt.earlier)
        if child is None:
            child = self._started(context, step, attempt)
        else:
            attempt.note({"folder": str(child.folder), "mark": child.token})
            attempt.say("goes on with the command that was left running")
        try:
            code = _followed(child, attempt, step)
        finally:
            child.close()
        done = _result(child, step, code)
        if code != 0:
            shown = step.shown[:SHOWN]
            printed = [str(one) for one in (child.stderr, child.stdout) if one.stat().st_size]
            hint = f"see {' and '.join(printed)}" if printed else "it printed nothing"
            raise StepFailed(f"command failed (exit {code}): {shown}", hint=hint, data=done)
        return {**done, **_output(context, step, done)}

    def recover(
        self, context: Context, step: CommandKeys, record: Mapping[str, Any]
    ) -> Literal["redo", "continue", "unknown"]:
        """Look whether it runs still, has ended with a known status, or never began."""
        token, notes = record.get("token"), record.get("notes")
        if not isinstance(token, str) or not token or not isinstance(notes, Mapping):
            return "unknown"
        if "folder" not in notes:
            return "redo"
        if record.get("cancelled"):
            return "unknown"  # it was ended in the middle: its exit status is that of the kill
        if _left(record) is not None:
            return "continue"
        child = _child(notes)
        return "unknown" if child is None or child.began() else "redo"

    def _started(self, context: Context, step: CommandKeys, attempt: Attempt) -> Child:
        cwd = working_folder(context, step.cwd, step.agent, step.subdir)
        child = Child(step_folder(context, attempt), attempt.token)
        attempt.note({"folder": str(child.folder), "mark": attempt.token})
        allow(context, _action(context, step, cwd, attempt))
        attempt.check()
        values = step.run.env if isinstance(step.run, ShellText) else {}
        env = {**os.environ, **attempt.env, **step.env, **values}
        try:
            child.start(step.words, cwd, env)
        except (OSError, ValueError) as error:
            raise RuntimeFailure(f"the command cannot be started: {error}") from error
        return child


def _action(
    context: Context, step: CommandKeys, cwd: Path | None = None, attempt: Attempt | None = None
) -> Action:
    """Return what the guards are asked about."""
    run = attempt.env if attempt else {}
    data = {
        "command": step.shown,
        "argv": list(step.argv) if step.argv is not None else None,
        "cwd": str(cwd) if cwd else None,
        "run_id": run.get("TUTTI_RUN_ID") or run.get("TUTTI_HOOK_RUN_ID"),
        "step_id": run.get("TUTTI_STEP_ID"),
        "step_index": int(run["TUTTI_STEP_INDEX"]) if "TUTTI_STEP_INDEX" in run else None,
        "workflow": run.get("TUTTI_WORKFLOW") or run.get("TUTTI_HOOK_WORKFLOW"),
    }
    return Action("command", context.name, step.agent, data)


def _left(record: Mapping[str, Any]) -> Child | None:
    """Return the command that an attempt left, if it runs or its end is known."""
    notes = record.get("notes")
    child = _child(notes) if isinstance(notes, Mapping) else None
    if child is None:
        return None
    known = child.status() is not None or child.runs() or child.status() is not None
    return child if known else None


def _child(notes: Mapping[str, Any]) -> Child | None:
    folder, mark = notes.get("folder"), notes.get("mark")
    if not isinstance(folder, str) or not isinstance(mark, str) or "\0" in folder or not mark:
        return None
    return Child(Path(folder), mark)


def _followed(child: Child, attempt: Attempt, step: CommandKeys) -> int:
    """Tell what a command prints until it ends; end it when it has to."""
    followers = [Follower(path, attempt.say) for path in (child.stdout, child.stderr)]
    code: int | None = None
    try:
        while code is None:
            attempt.check()
            for one in followers:
                one.look()
            _limit(child, step)
            left = attempt.left
            code = child.wait(LOOK_SECS if left is None else min(LOOK_SECS, left))
    except ProcessLookupError:
        data = _result(child, step, None)
        what = "the command went away, and nothing says how it ended"
        raise StepFailed(what, hint="see what it did, then resume", data=data) from None
    except StepStopped as stopped:
        raise _ended(child, step, attempt, stopped) from None
    except BaseException:
        child.end()
        raise
    child.leave()
    for one in followers:
        one.finish()
    return code


def _limit(child: Child, step: CommandKeys) -> None:
    sizes = [path.stat().st_size for path in (child.stdout, child.stderr) if path.exists()]
    if sum(sizes) > step.max_output_mb * 1_000_000:
        hint = "let it print less, or give it a larger max_output_mb"
        what = f"command printed more than {step.max_output_mb} MB and was ended: "
        child.end()
        data = _result(child, step, None)
        raise StepFailed(what + step.shown[:SHOWN], hint=hint, data=data)


def _ended(child: Child, step: CommandKeys, attempt: Attempt, stopped: StepStopped) -> StepStopped:
    """End a command that has to stop, and say what is known of it."""
    left = child.end()
    late = not attempt.stopped() and attempt.left == 0.0
    what = "command ran out of time and was ended" if late else stopped.message
    still = f"; still there: {', '.join(map(str, left))}" if left else ""
    error = StepStopped(f"{what}: {step.shown[:SHOWN]}{still}", hint=stopped.hint)
    error.data = _result(child, step, None)  # type: ignore[attr-defined]  # as StepFailed has it
    return error


def _result(child: Child, step: CommandKeys, code: int | None) -> dict[str, Any]:
    return {
        "exit_code": code,
        "command": step.shown,
        "stdout": excerpt(child.stdout),
        "stderr": excerpt(child.stderr),
        "stdout_file": str(child.stdout),
        "stderr_file": str(child.stderr),
    }


def _output(context: Context, step: CommandKeys, done: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON that the command left, if it was to."""
    if step.output_json is None:
        return {}
    cwd = working_folder(context, step.cwd, step.agent, step.subdir)
    path = within(cwd, step.output_json, "output_json", anywhere=step.allow_outside)
    try:
        return {"output": read_json(path), "output_source": str(path)}
    except OutputError as error:
        raise StepFailed(error.message, hint=error.hint, data=done) from error
