"""`tt detect`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..detection.explain import explain
from ..errors import TuttiError, UsageError
from ..team.detect import DetectRequest, detect, meaning
from ..team.detect import seen as seen_now
from ..team.reach import running_targets
from ..team.record import read_record
from ..team.saved import Knowledge, corpus_of, judged, knowledge, save
from .common import complete_agents, json_option, open_running, show_json, workspace_option
from .detect_view import explained, reported
from .style import STATE_COLOURS, legible, paint, warn

if TYPE_CHECKING:
    from ..model.reading import Reading
    from ..team.context import Context

SAVED = """\
The whole screen, the pane's title and the agent's status file, as they are: nothing is left out.
→ read them before you show them to anybody"""


@click.command("detect")
@click.argument("agent", nargs=-1, shell_complete=complete_agents)
@workspace_option
@click.option(
    "-l",
    "--lines",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    help="How many of the screen's last rows to look at, 20 at least.",
)
@click.option(
    "--explain", "every", is_flag=True, help="Show every rule, and why it matched or did not."
)
@click.option("--record", "what", metavar="NAME", help="Save the screen as a case of that name.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), metavar="DIR",
    help="Where cases are saved; .tutti/rules/corpus/RUNTIME by default.",
)  # fmt: skip
@click.option(
    "--screen", "screens", multiple=True, metavar="FILE",
    help="Judge a saved screen instead of an agent; further files may follow it.",
)  # fmt: skip
@click.option("--runtime", metavar="NAME", help="The runtime of saved screens.")
@click.option("--title", metavar="TEXT", help="The pane's title when they were saved.")
@json_option
def command(
    agent: tuple[str, ...],
    workspace: str | None,
    lines: int,
    every: bool,
    what: str | None,
    folder: Path | None,
    screens: tuple[str, ...],
    runtime: str | None,
    title: str | None,
    as_json: bool,
) -> int:
    """Say what an AGENT is doing, on what evidence.

    Or what saved screens show, without tmux or a workspace: --runtime NAME --screen FILE...
    """
    if screens or runtime is not None:
        known = _known(screens, runtime, recorded=what is not None or folder is not None)
        return _saved([*screens, *agent], known, title, every, as_json)
    _refuse_idle(agent, what, folder, title)
    root, (name,) = running_targets(agent, workspace)
    context = open_running(root)
    if what is not None:
        return _record(context, name, lines, what, folder, as_json)
    return _look(context, DetectRequest(name, lines, every), as_json=as_json)


def _known(screens: Sequence[str], runtime: str | None, *, recorded: bool) -> Knowledge:
    if not screens or runtime is None:
        raise UsageError(
            "saved screens need both --runtime and --screen",
            hint="tt detect --runtime NAME --screen FILE…",
        )
    if recorded:
        raise UsageError(
            "--record saves the screen of an agent", hint="tt detect AGENT --record NAME"
        )
    return knowledge(runtime)


def _refuse_idle(
    agent: Sequence[str], what: str | None, folder: Path | None, title: str | None
) -> None:
    """Refuse options that would do nothing for an agent, and whatever is not one agent."""
    if folder is not None and what is None:
        raise UsageError("--to is where --record saves", hint="give --record NAME too")
    if title is not None:
        raise UsageError(
            "--title is that of a saved screen", hint="give --runtime and --screen too"
        )
    if len(agent) != 1:
        raise UsageError("give one agent", hint="tt detect AGENT")


def _look(context: Context, request: DetectRequest, *, as_json: bool) -> int:
    record = detect(context, request).record
    for said in context.digest["left_out"].get(record["runtime"], ()):
        warn(f"left out of the rules: {said}")
    if as_json:
        show_json(record)
        return 0
    print(reported(record))
    print(
        explained(record["rules"]) if request.explain else f"→ tt detect {request.agent} --explain"
    )
    return 0


def _record(
    context: Context, name: str, lines: int, what: str, folder: Path | None, as_json: bool
) -> int:
    voice = seen_now(context, name, lines)
    version = str(read_record(context.places.agent(name)).get("version") or "")
    saved = save(voice, version, what, folder or corpus_of(context.places, voice.runtime))
    facts = saved.with_suffix(".json")
    if as_json:
        show_json({"agent": name, "file": str(saved), "facts": str(facts)})
    else:
        print(f"{saved}\n{facts}\n{SAVED}")
    return 0


def _saved(
    files: Sequence[str], known: Knowledge, title: str | None, every: bool, as_json: bool
) -> int:
    if known.rules is None:
        warn(f"nobody gives a runtime {known.runtime!r}, so nothing is known of its screens")
    for said in known.left_out:
        warn(f"left out of the rules: {said}")
    code = 0
    for file in files:
        try:
            seen, reading = judged(Path(file), known, title)
            rules = [one._asdict() for one in explain(known.rules, seen)] if every else None
            print(_json(file, reading, rules) if as_json else _line(file, reading))
            if rules is not None and not as_json:
                print(f"{explained(rules)}\n")
        except TuttiError as error:
            print(_json_error(file, error) if as_json else f"error  {legible(error.message)}")
            code = 1
    return code


def _json(file: str, reading: Reading, rules: Sequence[Mapping[str, Any]] | None) -> str:
    told = meaning(reading)
    kept: Mapping[str, Any] = {key: told[key] for key in ("kind", "detail", "evidence")}
    row = {"file": file, "state": reading.state, "confidence": reading.confidence, **kept}
    if rules is not None:
        row["rules"] = rules
    return json.dumps(row, ensure_ascii=False)


def _json_error(file: str, error: TuttiError) -> str:
    row = {"file": file, "state": "unknown", "confidence": 0.0, "evidence": []}
    return json.dumps({**row, "error": error.message}, ensure_ascii=False)


def _line(file: str, reading: Reading) -> str:
    state = paint(f"{reading.state:<13}", STATE_COLOURS[reading.state])
    first = reading.evidence[0] if reading.evidence else None
    why = f"{first.source} {first.rule}" if first else "nothing matched"
    return f"{state} {reading.confidence:.2f}  {legible(file)}  {legible(why)}"
