"""How runs are said to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from tutti_core import legible, paint, table

from ..steps.printed import last_lines

COLOURS: Mapping[str, str] = {
    "success": "green",
    "succeeded": "green",
    "passed": "green",
    "warning": "yellow",
    "passed_with_warnings": "yellow",
    "failed": "red",
    "timed_out": "red",
    "running": "cyan",
    "cancelled": "yellow",
    "interrupted": "yellow",
    "skipped": "dim",
    "pending": "dim",
}
SUMMARY_MOST = 80
WAVE_MOST = 12
UNWELL = ("failed", "timed_out", "warning", "cancelled")
"""States of steps that have something to say of why."""


def lasting(ms: int) -> str:
    """Return a duration in a few characters.

    Args:
        ms: Milliseconds.
    """
    if ms < 1000:
        return f"{ms}ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f}s"
    return f"{ms / 60_000:.1f}m"


def clipped(text: str, most: int = SUMMARY_MOST) -> str:
    """Return a text on one line, cut where it is long.

    Args:
        text: The text.
        most: How many characters it may have.
    """
    line = legible(text)
    return line if len(line) <= most else f"{line[: most - 3]}..."


def show_result(result: Mapping[str, Any], *, tails: bool = False) -> None:
    """Print how a run ended.

    Args:
        result: Its result, in the contract's shape.
        tails: Whether to print also what steps printed last that did not end well.
    """
    click.echo(f"Workflow: {result['workflow_name']}")
    click.echo(f"Run ID: {result['run_id']}")
    rows, colours = [], {}
    for number, one in enumerate(result["step_results"]):
        name = one["step_type"] if one["id"] == str(one["index"]) else _named(one)
        message = one["message"] or ""
        rows.append(
            [str(one["index"]), name, one["state"], lasting(one["duration_ms"]), clipped(message)]
        )
        colours[number, 2] = COLOURS.get(one["state"], "")
    if rows:
        heads = ["#", "Type", "Status", "Duration", "Message"]
        click.echo(table(heads, rows, colours, spare=("Message",)))
    for one in result["step_results"] if tails else ():
        if one["state"] in UNWELL:
            show_tail(one["id"], one["result"])
    if result["skipped_steps"]:
        click.echo(f"Not begun: {', '.join(map(str, result['skipped_steps']))}")
    for one in result["hooks"]:
        if one["outcome"] != "success":
            said = legible(str(one.get("message") or ""))
            click.echo(f"Hook {one['hook']} {one['outcome']}: {said}")
    click.echo(f"Result: {verdict(result)}")


def show_tail(key: str, files: Mapping[str, Any]) -> None:
    """Print what a program printed last.

    Args:
        key: The step.
        files: Has the paths of what it printed, `stderr_file` and `stdout_file`, if it did.
    """
    named = (files.get("stderr_file"), files.get("stdout_file"))
    lines = last_lines(Path(one) for one in named if one)
    if lines:
        click.echo(f"{key} printed last:")
    for line in lines:
        click.echo(f"    {legible(line)}")


def _named(one: Mapping[str, Any]) -> str:
    return f"{one['step_type']} {one['id']}"


def verdict(result: Mapping[str, Any]) -> str:
    """Return how a run ended in a few words.

    Args:
        result: Its result, in the contract's shape.
    """
    warned = result["warning_count"]
    if result["status"] == "interrupted":
        return paint("interrupted", "yellow")
    if not result["success"]:
        numbers = ", ".join(map(str, result["failed_steps"]))
        return paint(f"failed (steps: [{numbers}])", "red")
    if warned:
        return paint(f"success with {warned} warning(s)", "yellow")
    return paint("success", "green")


def show_plan(plan: Mapping[str, Any]) -> None:
    """Print what would be run.

    Args:
        plan: The plan, in the contract's shape.
    """
    click.echo(f"Workflow: {plan['workflow']}")
    if plan["description"]:
        click.echo(f"  {legible(plan['description'])}")
    click.echo(f"  Mode: {'strict' if plan['strict'] else 'normal'}\n")
    heads = ["#", "Type", "Agent", "CWD", "Fail", "Summary"]
    rows = [_planned(one) for one in plan["steps"]]
    click.echo(table(heads, rows, spare=("CWD", "Summary")))
    for number, wave in enumerate(plan["waves"], 1):
        if len(plan["waves"]) < len(plan["steps"]):
            more = f" and {len(wave) - WAVE_MOST} more" if len(wave) > WAVE_MOST else ""
            click.echo(f"Wave {number}: {', '.join(wave[:WAVE_MOST])}{more}")
    if plan["would_start"]:
        click.echo(f"Would start, unless they run: {', '.join(plan['would_start'])}")
    if plan["missing_variables"]:
        given = " ".join(f"--var {name}=VALUE" for name in plan["missing_variables"])
        click.echo(f"{paint('missing', 'yellow')}: a run has to be given {given}")
    _show_policy(plan)
    if "resume" in plan:
        show_decisions(plan["resume"]["steps"])


def _planned(one: Mapping[str, Any]) -> list[str]:
    places = {"prompt": "session", "command": "workspace", "workflow": "workflow"}
    cwd = str(one.get("cwd") or places.get(one["type"], "session"))
    summary = one.get("problem") or one.get("summary") or ""
    agent = one.get("agent") or "--"
    return [str(one["index"]), one["type"], agent, cwd, one["fail_mode"], clipped(str(summary))]


def _show_policy(plan: Mapping[str, Any]) -> None:
    for index, said in [(0, plan["policy"])] + [
        (one["index"], one.get("policy") or {}) for one in plan["steps"]
    ]:
        if said.get("decision") in ("refuse", "warn"):
            what = f"step {index}" if index else "the run"
            word = {"refuse": "would be refused", "warn": "is warned of"}[said["decision"]]
            click.echo(f"{paint('policy', 'yellow')}: {what} {word}: {legible(said['reason'])}")


def show_decisions(steps: Sequence[Mapping[str, Any]], *, err: bool = False) -> None:
    """Print what becomes of the steps of a resumed run.

    Args:
        steps: The decisions.
        err: Whether to print on standard error.
    """
    from ..engine.preflight import WORDS

    kept = [one for one in steps if one["does"] == "keep"]
    if kept:
        click.echo(f"  - {len(kept)} of {len(steps)} steps are done, and are kept", err=err)
    for one in steps:
        if one["does"] != "keep":
            said = f"step {one['index']} ({one['key']}) {WORDS[one['does']]}: {one['why']}"
            click.echo(f"  - {legible(said)}", err=err)
