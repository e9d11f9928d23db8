"""Turns a session's spec into the tmux commands that create it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from . import deaths, ring
from .listing import FORMAT, PANE_MARK
from .quoting import line, literal
from .tmux import CARRIED, TmuxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..model.session import SessionSpec

# Bytes of argv and added environment together. tmux takes any number through `source-file`; Linux
# gives one argument 131,072 bytes (macOS 1 MiB to all), and a pane whose exec fails says only "1".
ARGV_LIMIT = 120_000

# What belongs to the caller's own terminal and shell, or marks it as an agent's child.
_STAYS_BEHIND = frozenset(
    ("TMUX", "TMUX_PANE", "CLAUDECODE", "SHLVL", "PWD", "OLDPWD", "_", "COLUMNS", "LINES",
     "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"),
)  # fmt: skip

# What tmux sets in every pane.
_OF_TMUX = frozenset(("TMUX", "TMUX_PANE", "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"))

# What tmux sets in every pane over anything given with -e; these go in through env(1).
_OVERRULED = (*sorted(_OF_TMUX), "COLORTERM", "PATH", "PWD", "SHELL")

_NAME = re.compile(r"\w[\w-]*")

# What holds for an agent's window even on a server that somebody else configured.
_WINDOW = (("remain-on-exit", "on"), ("remain-on-exit-format", ""), ("allow-rename", "off"),
           ("automatic-rename", "off"))  # fmt: skip


class Plan(NamedTuple):
    """How a pane comes to have exactly the wanted environment.

    Attributes:
        given: What is passed with ``new-session -e``.
        assigned: What env(1) sets, because tmux would overrule it.
        removed: What env(1) takes away, because the server has it.
    """

    given: dict[str, str]
    assigned: dict[str, str]
    removed: tuple[str, ...]


def wanted_environment(spec: SessionSpec, caller: Mapping[str, str]) -> dict[str, str]:
    """Give the environment the agent is to see, tmux's own variables apart.

    Args:
        spec: The session.
        caller: The environment of whoever starts it.
    """
    leave = _STAYS_BEHIND.union(spec.unset)
    return {
        **{name: value for name, value in caller.items() if name not in leave},
        "PWD": spec.cwd,
        **spec.env,
        "TUTTI_ROOT": spec.root,
        "TUTTI_AGENT": spec.agent,
        "TUTTI_WORKSPACE": spec.workspace,
    }


def plan(wanted: Mapping[str, str], unset: Iterable[str], server: Iterable[str] | None) -> Plan:
    """Work out what to give, to set and to take away.

    Args:
        wanted: What the agent is to see.
        unset: What it is not to see, even if tmux itself would set it.
        server: Names in the server's global environment; None when no server runs yet, so that one
            of ours (or, in a race, another's) will start it with some of :data:`CARRIED`.
    """
    there = set(CARRIED if server is None else server) - _OF_TMUX | {"PATH", "SHELL"}
    removed = (there | set(unset)) - set(wanted)
    return Plan(
        given={name: value for name, value in wanted.items() if name not in _OVERRULED},
        assigned={name: wanted[name] for name in _OVERRULED if name in wanted},
        removed=tuple(sorted(name for name in removed if name and "=" not in name)),
    )


def check(spec: SessionSpec) -> None:
    """Refuse a spec that tmux would take and quietly change, or that cannot be executed.

    Args:
        spec: The session.

    Raises:
        TmuxError: Saying what is wrong.
    """
    if not _NAME.fullmatch(spec.name):
        raise TmuxError(
            f"'{spec.name}' cannot name a session",
            hint="letters, digits, '-' and '_'; tmux would change anything else",
        )
    if not spec.argv or not spec.argv[0]:
        raise TmuxError(f"session '{spec.name}' has no command to run")
    if not Path(spec.cwd).is_dir():
        # tmux would start the agent in the home directory instead.
        raise TmuxError(f"'{spec.cwd}' is not a directory to start '{spec.name}' in")
    _check_bytes(spec)


def _check_bytes(spec: SessionSpec) -> None:
    words = [*spec.argv, *(f"{name}={value}" for name, value in spec.env.items())]
    labels = (
        spec.root, spec.agent, spec.workspace, spec.cwd, spec.ring, spec.deaths,
        *spec.options.values(),
    )  # fmt: skip
    if not all(map(_can_be_written, (*words, *labels))):
        raise TmuxError(f"the launch of '{spec.name}' holds a NUL or half a surrogate pair")
    size = sum(len(os.fsencode(word)) + 1 for word in words)
    if size > ARGV_LIMIT:
        raise TmuxError(
            f"the launch of '{spec.name}' takes {size:,} bytes, and {ARGV_LIMIT:,} fit",
            hint="start the agent without its prompt and paste the prompt, or put it in a file",
        )


def _can_be_written(word: str) -> bool:
    try:
        return b"\0" not in os.fsencode(word)
    except UnicodeEncodeError:
        return False


def script(spec: SessionSpec, environment: Plan, *, can_give: bool) -> str:
    """Write the line that creates a session, labels it and prints it as a listing.

    Args:
        spec: The session, checked.
        environment: How the pane gets its environment.
        can_give: Whether this tmux knows ``new-session -e`` (3.2 and later).
    """
    given = environment.given if can_give else {}
    assigned = {**({} if can_give else environment.given), **environment.assigned}
    gifts = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
    new = ["new-session", "-d", "-E", "-s", spec.name, "-c", literal(spec.cwd), *gifts,
           "-x", str(spec.width), "-y", str(spec.height), "--",
           *_command(spec.argv, assigned, environment.removed)]  # fmt: skip
    target = f"={spec.name}:"
    # tmux reads what the agent prints only after the whole line is done: the ring misses nothing.
    told = [deaths.arm(target, spec.deaths, spec.name, spec.agent)] if spec.deaths else []
    kept = [ring.arm(target, spec.ring)] if spec.ring else []
    listing = ["list-panes", "-t", target, "-F", FORMAT]
    return line(new, *_options(spec), *told, *kept, listing)


def _options(spec: SessionSpec) -> Iterable[list[str]]:
    target = f"={spec.name}:"
    for name, value in _WINDOW:
        yield ["set-option", "-wq", "-t", target, name, value]
    yield ["set-option", "-t", target, "destroy-unattached", "off"]
    # This makes the window's size manual too; tmux 3.2 falls back to 80x24 if only told `manual`.
    yield ["resize-window", "-t", target, "-x", str(spec.width), "-y", str(spec.height)]
    yield ["set-option", "-p", "-t", target, PANE_MARK, "1"]
    labels = {**spec.options, "root": spec.root, "agent": spec.agent, "workspace": spec.workspace}
    for name, value in labels.items():
        yield ["set-option", "-t", target, f"@tutti_{name}", value]


def _command(
    argv: tuple[str, ...], assigned: Mapping[str, str], removed: Iterable[str]
) -> list[str]:
    """Put env(1) before the command: it replaces itself, and keeps tmux from using a shell."""
    # env would take a program with `=` in its path for an assignment.
    program = ["/bin/sh", "-c", 'exec "$@"', "sh"] if "=" in argv[0] else []
    takes = [word for name in removed for word in ("-u", name)]
    gives = [f"{name}={value}" for name, value in assigned.items()]
    return ["/usr/bin/env", *takes, "--", *gives, *program, *argv]
