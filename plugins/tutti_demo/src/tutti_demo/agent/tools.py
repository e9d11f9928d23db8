"""Directives that do real work: write, append, bash, commit, spawn; and the user's ``!``."""

from __future__ import annotations

import time
from collections.abc import Generator

from tutti_demo.agent import work
from tutti_demo.agent.desk import Declined, Desk, Turn, Wait
from tutti_demo.agent.permissions import ASK, DENY
from tutti_demo.agent.script import Directive, unescape
from tutti_demo.agent.state import PERMISSION, Block, Dialog

#: How often a command is looked at that has closed its output, or left it to a child.
_LOOK = 0.05
_ALWAYS = 1


def write(desk: Desk, found: Directive) -> Turn:
    """``[[write PATH TEXT]]``."""
    yield from put(desk, "Write", found.args[0], unescape(found.text))


def append(desk: Desk, found: Directive) -> Turn:
    """``[[append PATH TEXT]]``."""
    yield from put(desk, "Append", found.args[0], unescape(found.text))


def put(desk: Desk, name: str, path: str, text: str) -> Turn:
    """Write a file (``Write``), or add to it (``Append``), and show it as a tool call."""
    use = desk.record.tool_use(name, path=path, content=text)
    place = desk.add(Block("tool", f"{name}({path})"))
    try:
        lines = work.write(desk.cwd, path, text, append=name == "Append")
        result, failed = f"Wrote {lines} lines to {path}", False
    except (OSError, ValueError) as problem:
        result, failed = f"Error: {problem}", True
    desk.change(place, result=result)
    desk.record.tool_result(use, result, failed)
    yield desk.pause(0.02)


def bash(desk: Desk, found: Directive) -> Turn:
    """``[[bash CMD]]``: asked about, refused or run, as the permissions say."""
    use = desk.record.tool_use("Bash", command=found.text)
    place = desk.add(Block("tool", f"Bash({found.text})", "Waiting…"))
    verdict = desk.permissions.verdict(found.text)
    if verdict == ASK:
        answer = yield Wait(dialog=_question(found.text))
        if answer not in {0, _ALWAYS}:
            desk.change(place, result="")
            desk.record.tool_result(use, "The user did not allow this command", error=True)
            raise Declined
        if answer == _ALWAYS:
            desk.permissions.remember(found.text)
    if verdict == DENY:
        refusal = f"Denied: the permissions do not allow {found.text}"
        desk.change(place, result=refusal)
        desk.record.tool_result(use, refusal, error=True)
        return
    result, failed = yield from _run(desk, place, work.shell(found.text))
    desk.record.tool_result(use, result, failed)


def _question(command: str) -> Dialog:
    program = next(iter(command.split()), "such")
    lines = ("Bash command", "", *(f"  {line}" for line in command.split("\n")), "")
    options = ("Yes", f"Yes, and always allow {program} commands in this session", "No")
    return Dialog(PERMISSION, (*lines, "Do you want to proceed?"), options)


def commit(desk: Desk, found: Directive) -> Turn:
    """``[[commit MESSAGE]]``: everything in the working folder."""
    yield from save(desk, unescape(found.text))


def save(desk: Desk, message: str) -> Turn:
    """Commit everything in the working folder, and show it as a tool call."""
    use = desk.record.tool_use("Commit", message=message)
    place = desk.add(Block("tool", f"Commit({message})"))
    result, failed = yield from _run(desk, place, work.commit(message))
    desk.record.tool_result(use, result, failed)


def bang(desk: Desk, command: str) -> Turn:
    """Run what the user typed after ``!``, asking nobody."""
    place = desk.add(Block("bang", command))
    result, _ = yield from _run(desk, place, work.shell(command))
    desk.record.note("local_command", command=command, output=result)


def spawn(desk: Desk, found: Directive) -> Turn:
    """``[[spawn N]]``: N children that outlive the turn, the last one a daemon."""
    children = work.spawn(found.count())
    names = " ".join(map(str, children))
    desk.add(Block("say", f"Started {len(children)} children: {names}"))
    desk.record.reply(f"Started children {names}")
    yield Wait()


def _run(desk: Desk, place: int, arguments: list[str]) -> Generator[Wait, int, tuple[str, bool]]:
    """Run a program to its end, or to the deadline, and show what it printed.

    Returns:
        What is shown, and whether it failed.
    """
    before, desk.state.phase = desk.state.phase, "tool"
    desk.change(place, result="Running…")
    command = work.Command(arguments, desk.cwd)
    late = time.monotonic() + desk.options.deadline
    try:
        while not (over := command.finished()) and time.monotonic() < late:
            yield Wait(_LOOK, command.file if command.waits_for_output else -1)
    finally:
        command.stop()
    desk.state.phase = before
    problem = "" if over else f"Timed out after {desk.options.deadline:g}s"
    if over and command.code:
        problem = f"Exit code {command.code}"
    output = work.shown(command.output)
    result = "\n".join(filter(None, [problem and f"Error: {problem}", output])) or "Done"
    desk.change(place, result=result)
    return result, bool(problem)
