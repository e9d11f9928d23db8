"""What a step is given from its run: values for templates, and variables for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tutti_core import Context, JsonFile, StateError

from ..plan.resolve import Node
from ..record.files import Files
from ..record.state import RunState
from ..templated import render_step
from ..templates import Output, Scope

VALUE_MOST = 32 * 1024
"""Bytes of an output that go into a variable; the file has the rest."""
ALL_MOST = 512 * 1024
"""Bytes of all outputs that go into variables: a system takes no more than so much."""


class Outputs:
    """What the steps of a run left, read from its files where this process did not make it.

    Args:
        state: How the run is.
    """

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._known: dict[str, Output] = {}

    def keep(self, name: str, output: Output) -> None:
        """Take an output that was made just now."""
        self._known[name] = output

    def all(self) -> dict[str, Output]:
        """Return every output by name.

        Raises:
            StateError: If the file of one is gone or torn.
        """
        for name, path in self._state.outputs.items():
            if name not in self._known or self._known[name].path != path:
                self._known[name] = Output(path, _value(Path(path)))
        return dict(self._known)


def _value(path: Path) -> Any:
    if path.suffix == ".json":
        missing = object()
        value = JsonFile(path).read(missing)
        if value is not missing:
            return value
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StateError(
            f"the output {path} of an earlier step cannot be read: {error.strerror}",
            hint="run the workflow anew",
        ) from error


def rendered(context: Context, state: RunState, outputs: Outputs, node: Node) -> Any:
    """Return a step with its templates replaced.

    Args:
        context: The workspace.
        state: How the run is.
        outputs: What earlier steps left.
        node: The step.

    Raises:
        TuttiError: If a template names what is not there.
    """
    scope = Scope(
        outputs=outputs.all(),
        vars=dict(state.header.get("vars") or {}),
        workspace=context.name,
        root=str(context.root),
        run=state.run_id,
        workflow=state.workflow,
        agent=node.agent or "",
    )
    return render_step(node.step, scope, f"step {node.key!r}")


def environment(
    context: Context, state: RunState, outputs: Outputs, node: Node, number: int
) -> dict[str, str]:
    """Return the variables for programs that a step starts.

    Args:
        context: The workspace.
        state: How the run is.
        outputs: What earlier steps left.
        node: The step.
        number: Which attempt it is.
    """
    files = Files(context)
    env = {
        "TUTTI_RUN_ID": state.run_id,
        "TUTTI_WORKFLOW": state.workflow,
        "TUTTI_STEP_ID": node.key,
        "TUTTI_STEP_INDEX": str(node.index),
        "TUTTI_STEP_AGENT": node.agent or "",
        "TUTTI_ATTEMPT": str(number),
        "TUTTI_MOVEMENT": node.movement or "",
        "TUTTI_RUN_DIR": str(files.run(state.run_id)),
        "TUTTI_STEP_DIR": str(files.attempt(state.run_id, node.key, number)),
        "TUTTI_UNTRUSTED": " ".join(sorted(state.untrusted)),
    }
    left = ALL_MOST
    for name, output in outputs.all().items():
        word = f"TUTTI_OUTPUT_{name.upper().replace('-', '_')}"
        env[f"{word}_PATH"] = output.path
        text = output.value if isinstance(output.value, str) else _compact(output.value)
        data = text.encode("utf-8", "replace")
        if len(data) <= min(VALUE_MOST, left) and b"\0" not in data:
            env[word] = data.decode()
            left -= len(data)
    return env


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
