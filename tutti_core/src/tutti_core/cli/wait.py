"""`tt wait`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from ..errors import RuntimeFailure, UsageError
from ..model.reading import STATES
from ..team.awaited import Waited, WaitRequest, WaitResponse
from ..team.reach import running_targets
from ..team.turn import EXIT_CODES
from ..team.wait import Told, wait
from .common import agents_argument, json_option, open_running, show_json, workspace_option
from .progress import Progress
from .report import report
from .style import ago, fits, legible, paint

if TYPE_CHECKING:
    from ..watching.look import Voice

WORDS = {
    "waiting": "it waits for an answer",
    "auth_failed": "its login failed",
    "rate_limited": "its subscription gives no more for now",
    "provider_down": "its provider cannot be reached",
    "exited": "its process has ended",
    "stopped": "it does not run",
    "timeout": "time is over",
    "unknown": "nobody can say how it is",
}

HELP = f"""Wait until AGENTS are idle, or in another state.

It ends before that once it is known that idle will not come by itself. What takes prompts one
after the other is not idle in between.

Exit code: 0 they are there; {EXIT_CODES["timeout"]} time is over; {EXIT_CODES["waiting"]} one waits
for an answer; {EXIT_CODES["auth_failed"]} its login failed; {EXIT_CODES["rate_limited"]} its
subscription gives no more for now; {EXIT_CODES["provider_down"]} its provider cannot be reached;
{EXIT_CODES["exited"]} its process has ended, or it does not run; {EXIT_CODES["unknown"]} nobody can
say how it is.
"""


@click.command("wait", help=HELP)
@agents_argument
@workspace_option
@click.option(
    "--for", "states", multiple=True, type=click.Choice(STATES), metavar="STATE",
    help=f"The state to wait for, one of {', '.join(STATES)}; idle by default. Any of several "
    "will do.",
)  # fmt: skip
@click.option("--any", "first", is_flag=True, help="Until one of the agents is there.")
@click.option("--all", "every", is_flag=True, help="Until all of them are there, as by default.")
@click.option("--all-agents", "team", is_flag=True, help="Wait for the whole team.")
@click.option(
    "--timeout-secs",
    type=click.FloatRange(0),
    metavar="SECS",
    default=900.0,
    show_default=True,
    help="How long to wait.",
)
@click.option(
    "--idle-stable-secs",
    "stable_secs",
    type=click.FloatRange(0),
    metavar="SECS",
    default=2.0,
    show_default=True,
    help="Seconds a screen must rest where nothing else says that it is idle.",
)
@click.option("--patient", is_flag=True, help="Go on where somebody else has to act first.")
@json_option
def command(
    agents: tuple[str, ...],
    workspace: str | None,
    states: tuple[str, ...],
    first: bool,
    every: bool,
    team: bool,
    timeout_secs: float,
    stable_secs: float,
    patient: bool,
    as_json: bool,
) -> int:
    """Wait for AGENTS."""
    _check(agents, first=first, every=every, team=team)
    root, names = running_targets(agents, workspace)
    asked = WaitRequest(names, states or ("idle",), first, timeout_secs, stable_secs, patient)
    context = open_running(root)
    with Progress(quiet=as_json) as progress:
        try:
            answer = wait(context, asked, _teller(progress))
        except KeyboardInterrupt:
            _interrupted(progress, as_json=as_json)
            raise
    show_json(_plain(answer)) if as_json else _show(answer)
    return answer.exit_code


def _check(agents: tuple[str, ...], *, first: bool, every: bool, team: bool) -> None:
    if first and every:
        raise UsageError("--any and --all contradict each other", hint="give one of them")
    if bool(agents) == team:
        said = "agents were named, and --all-agents" if team else "nobody was named to wait for"
        raise UsageError(said, hint="tt wait AGENT… or tt wait --all-agents")


def _teller(progress: Progress) -> Told:
    def told(voices: Mapping[str, Voice], elapsed: float) -> None:
        states = (f"{name} {_state(voice)}" for name, voice in voices.items())
        progress.show(f"{', '.join(states)}; {ago(elapsed)}")

    return told


def _state(voice: Voice) -> str:
    reading = voice.reading
    kind = f" ({reading.kind})" if reading.kind else ""
    return f"{reading.state.replace('_', ' ')}{kind}{'' if reading.confirmed else ' perhaps'}"


def _interrupted(progress: Progress, *, as_json: bool) -> None:
    progress.show("")
    said = "interrupted: nobody waits any more, and nobody was stopped"
    if as_json:
        report(RuntimeFailure(said, hint="tt status"), as_json=True)
    else:
        print(f"\n{said}\n→ tt status", file=sys.stderr)


def _plain(answer: WaitResponse) -> dict[str, object]:
    import attrs

    return {"reached": answer.end == "reached", **attrs.asdict(answer, recurse=False)}


def _show(answer: WaitResponse) -> None:
    for one in answer.agents:
        mark = paint("✓", "green") if one.reached else paint("✗" if one.end else "…", "yellow")
        print(f"{mark} {one.agent}: {legible(_words(one))}")
    print(f"{_summary(answer)} after {ago(answer.ms / 1000)}")
    for hint in _hints(answer):
        print(f"→ {fits(hint)}")


def _hints(answer: WaitResponse) -> list[str]:
    """Return what can be done, all that are only to be looked at in one command."""
    looked = [one.agent for one in answer.agents if one.hint == f"tt status {one.agent}"]
    others = [one.hint for one in answer.agents if one.hint and one.agent not in looked]
    found = [f"tt status {' '.join(looked)}"] if looked else []
    return list(dict.fromkeys([*others, *found]))


def _summary(answer: WaitResponse) -> str:
    there, all_ = sum(one.reached for one in answer.agents), len(answer.agents)
    if answer.end == "timeout":
        return f"time is over, {there} of {all_} there," if all_ > 1 else "time is over"
    return "there" if answer.end == "reached" else "ended"


def _words(one: Waited) -> str:
    state = one.state.replace("_", " ")
    kind = f" ({one.kind})" if one.kind else ""
    how = f"{state}{kind}" + (f", {one.detail}" if one.detail else "")
    return how if one.reached or not one.end else f"{WORDS[one.end]}: {how}"
