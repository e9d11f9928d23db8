"""The command line."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import NamedTuple

from tutti_demo.agent import VERSION
from tutti_demo.agent.home import is_session, new_session
from tutti_demo.agent.permissions import MODES
from tutti_demo.agent.script import KNOWN, entries, usage


class Options(NamedTuple):
    """How the program was started.

    Attributes:
        allow: Permission rules that let a command run unasked.
        deny: Permission rules that refuse a command.
        system: Instructions from whoever launched the agent.
        speed: Divides every delay of a turn.
        start_delay: Seconds before anything is shown.
        swallow: Seconds from the start in which Enter is lost.
        script: What to do at successive prompts, instead of what they say.
        swallow_enter: The chance that an Enter is lost, from 0 to 1.
        drop_keys: So many keys each dialog lets drop at first.
        crash_after: Turns after which the process kills itself; 0 for never.
        deadline: Seconds a command may run.
    """

    session: str = ""
    resume: bool = False
    mode: str = "default"
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    system: str = ""
    speed: float = 1
    start_delay: float = 0
    swallow: float = 1
    trust: bool = False
    script: tuple[str, ...] = ()
    swallow_enter: float = 0
    drop_keys: int = 0
    seed: int = 0
    live_status: bool = True
    title: bool = True
    crash_after: int = 0
    deadline: float = 60
    name: str = "Tutti Demo"
    prompt: str = ""


def read(arguments: list[str]) -> Options:
    """Read the command line.

    Raises:
        SystemExit: It is wrong (2), or asked for help or the version (0).
    """
    parser = _parser()
    found = parser.parse_args(arguments)
    try:
        allow, deny = _rules(found.settings)
        script = _script(found.script)
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        parser.error(f"cannot use the file given: {problem}")
    return Options(
        session=found.resume or found.session_id or new_session(),
        resume=bool(found.resume),
        mode=found.mode,
        allow=allow,
        deny=deny,
        system=_text(found.append_system),
        speed=found.speed,
        start_delay=found.start_delay,
        swallow=found.swallow,
        trust=found.trust,
        script=script,
        swallow_enter=found.swallow_enter,
        drop_keys=found.drop_keys,
        seed=found.seed,
        live_status=found.live_status,
        title=found.title,
        crash_after=found.crash_after,
        deadline=found.deadline,
        name=found.name,
        prompt=" ".join(found.prompt).encode("utf-8", "replace").decode(),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tutti_demo.agent",
        allow_abbrev=False,
        description="A scripted coding agent with a real terminal UI: no model, no network.",
        epilog=f"In a prompt: {' '.join(map(usage, KNOWN))}. Several run in order.",
    )
    add = parser.add_argument
    add("--session-id", metavar="UUID", type=_session, help="the id of the new session")
    add("--resume", metavar="UUID", type=_session, help="go on with a session of this folder")
    add("--mode", choices=MODES, default="default", help="what to do before running a command")
    add("--settings", metavar="FILE", help='JSON: {"permissions": {"allow": […], "deny": […]}}')
    add("--append-system", metavar="TEXT", default="", help="instructions, or a file of them")
    add("--name", default="Tutti Demo", help="what the terminal title says")
    add("--speed", metavar="F", type=_positive, default=1.0, help="divides all delays of a turn")
    add("--start-delay", metavar="S", type=_seconds, default=0.0, help="seconds before it shows")
    add("--swallow", metavar="S", type=_seconds, default=1.0, help="seconds in which Enter is lost")
    add("--swallow-enter", metavar="P", type=_chance, default=0.0, help="chance to lose an Enter")
    add("--drop-keys", metavar="N", type=int, default=0, help="keys that each dialog lets drop")
    add("--seed", metavar="N", type=int, default=0, help="makes the losses repeatable")
    add("--trust", action="store_true", help="ask first whether the folder is trusted")
    add("--script", metavar="FILE", help="directives, a line for each prompt (or a .json list)")
    add("--deadline", metavar="S", type=_positive, default=60.0, help="seconds a command may run")
    add("--crash-after", metavar="N", type=int, default=0, help="kill itself after so many turns")
    add("--no-live-status", dest="live_status", action="store_false", help="no live status file")
    add("--no-title", dest="title", action="store_false", help="no terminal title")
    add("--version", action="version", version=f"{VERSION} (tutti-demo agent)")
    add("prompt", metavar="PROMPT", nargs="*", help="the first prompt, after --")
    return parser


def _session(text: str) -> str:
    if not is_session(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a UUID")
    return text.lower()


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _chance(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return number


def _rules(path: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if path is None:
        return (), ()
    settings = json.loads(Path(path).read_text(encoding="utf-8"))
    permissions = settings.get("permissions", {})
    allow, deny = (permissions.get(key, []) for key in ("allow", "deny"))
    if not all(isinstance(rule, str) for rule in [*allow, *deny]):
        raise ValueError(f"{path}: permissions are lists of strings")
    return tuple(allow), tuple(deny)


def _script(path: str | None) -> tuple[str, ...]:
    if path is None:
        return ()
    return tuple(entries(Path(path).read_text(encoding="utf-8"), path.endswith(".json")))


def _text(given: str) -> str:
    """Return the text itself, or the contents of the file it names."""
    path = Path(given)
    named = 0 < len(given) < 255 and path.is_file()
    return path.read_text(encoding="utf-8", errors="replace") if named else given
