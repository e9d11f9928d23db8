"""Does what one hook says, once, and keeps what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tutti_core import Attempt, Context, TuttiError
from tutti_core.errors import StepStopped

from ..engine.order import Order, Seat
from ..engine.run import run_order
from ..record.redacting import Redactor
from ..steps.command import Command, CommandKeys
from .table import Hook

Told = dict[str, Any]


def do(
    context: Context,
    hook: Hook,
    payload: Mapping[str, Any],
    folder: Path,
    seat: Seat | None = None,
) -> Told:
    """Do what a hook says, and tell the workspace; it never raises for what goes wrong there.

    Args:
        context: The workspace.
        hook: The hook.
        payload: What it is told of the occasion, JSON values.
        folder: A folder of its own for its files.
        seat: Who may end it.

    Returns:
        Its ``outcome``: `success`, `failed` or `cancelled`; ``message``, ``exit_code``, ``run_id``
        and ``ms``.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    clean = Redactor.of(context).clean
    about = clean(_about(hook, payload))
    act = str(payload.get("run_id") or payload.get("correlation_id") or "")
    agent = payload.get("agent")
    context.emit("hook.started", agent, about, act)
    began = time.monotonic()
    told = clean(_done(context, hook, payload, folder, seat or Seat()))
    told["ms"] = round((time.monotonic() - began) * 1000)
    if told["outcome"] == "success":
        context.emit("hook.completed", agent, {**about, **told}, act)
    else:
        context.emit("hook.failed", agent, {**about, **told}, act)
    return {**told, "fail_mode": hook.fail_mode}


def interrupted(context: Context, hook: Hook, payload: Mapping[str, Any]) -> Told:
    """Tell of a hook that was begun by a process that was killed: it is not done twice.

    Args:
        context: The workspace.
        hook: The hook.
        payload: What it was told.
    """
    told: Told = {"outcome": "unknown", "message": "whoever ran it was killed; it is not run again"}
    about = Redactor.of(context).clean(_about(hook, payload))
    context.emit("hook.failed", payload.get("agent"), {**about, **told})
    return {**told, "fail_mode": hook.fail_mode}


def _about(hook: Hook, payload: Mapping[str, Any]) -> Told:
    """Return what the events of a hook say of it."""
    told = {"hook_event": hook.event, "hook": payload.get("hook"), "does": _words(hook)}
    return {**told, "movement": payload.get("movement")}


def _done(
    context: Context, hook: Hook, payload: Mapping[str, Any], folder: Path, seat: Seat
) -> Told:
    path = folder / "payload.json"
    path.write_text(json.dumps(payload, indent=2, ensure_ascii=False), encoding="utf-8")
    try:
        if hook.workflow is not None:
            return _workflow(context, hook, payload, path, seat)
        return _command(context, hook, payload, path, seat.stopped)
    except StepStopped as stopped:
        return {"outcome": "failed", "message": stopped.message, **_known(stopped)}
    except TuttiError as error:
        return {
            "outcome": "failed",
            "category": error.category,
            "message": error.message,
            "hint": error.hint,
            **_known(error),
        }


def _known(error: TuttiError) -> Told:
    data = getattr(error, "data", None) or {}
    return {key: data[key] for key in ("exit_code", "stdout_file", "stderr_file") if key in data}


def _command(
    context: Context,
    hook: Hook,
    payload: Mapping[str, Any],
    path: Path,
    stopped: Callable[[], bool],
) -> Told:
    told = facts(payload, path).items()
    said = {f"TUTTI_HOOK_{name.upper()}": value for name, value in told if value}
    attempt = Attempt(
        f"hook:{path.parent.name}",
        deadline=time.monotonic() + hook.timeout_secs,
        env={**said, "TUTTI_STEP_DIR": str(path.parent)},
        stopped=stopped,
    )
    keys = CommandKeys(run=hook.run, argv=hook.argv)
    done = Command().run(context, keys, attempt)
    kept = ("exit_code", "stdout_file", "stderr_file")
    return {"outcome": "success", "message": "", **{key: done[key] for key in kept}}


def _workflow(
    context: Context, hook: Hook, payload: Mapping[str, Any], path: Path, seat: Seat
) -> Told:
    told = {f"hook_{name}": value for name, value in facts(payload, path).items()}
    scope = payload.get("agent") if hook.event == "workflow_complete" else None
    order = Order(
        str(hook.workflow),
        agent=str(scope) if scope else None,
        origin=f"hook_{hook.event}",
        vars=told,
        more={"hook_event": hook.event, "hook_agent": payload.get("agent")},
    )
    ended = run_order(context, order, seat)
    well = ended.status == "succeeded"
    message = "" if well else str((ended.failure or {}).get("message") or ended.status)
    return {
        "outcome": "success" if well else "failed",
        "message": message,
        "run_id": ended.run_id,
    }


def facts(payload: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return what a hook is told, as texts by short names; empty where there is nothing to tell.

    Args:
        payload: What it is told.
        path: The file that holds all of that.
    """
    keys = {"workflow": "workflow_name", "source": "workflow_source"}
    names = ("event", "workspace", "root", "agent", "workflow", "source", "run_id", "status")
    told = {name: payload.get(keys.get(name, name)) for name in (*names, "reason")}
    well = "" if payload.get("success") is None else str(bool(payload["success"])).lower()
    found = {name: "" if value is None else str(value) for name, value in told.items()}
    return {**found, "success": well, "payload": str(path)}


def _words(hook: Hook) -> str:
    if hook.workflow is not None:
        return f"workflow {hook.workflow}"
    return hook.run or " ".join(hook.argv or ())
