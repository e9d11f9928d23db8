r"""Directives: a script written into the prompt itself, such as ``[[bash ls]] [[say done]]``.

====================================  ===========================================================
``[[say TEXT]]``                      answer with a text
``[[slow WORDS PAUSE]]``              words one by one, PAUSE seconds apart
``[[bash CMD]]``                      ask for the shell tool
``[[write PATH TEXT]]``               ask for the file-writing tool; ``\n`` is a line break
``[[commit MSG]]``                    ask for the shell tool with a git add and commit
``[[ask QUESTION]]``                  ask the user a question with two options
``[[plan TEXT]]``                     present a plan for approval
``[[task PROMPT]]``                   start an agent; PROMPT may be a directive without brackets
``[[http STATUS RETRY_AFTER]]``       an HTTP error
``[[limit EPOCH]]``, ``[[credit]]``   a plan that is used up until EPOCH; an empty account
``[[delay SECONDS]]``                 hold back the answer it stands in
``[[hang SECONDS]]``                  say nothing at all
``[[cut WORDS]]``                     break off after some words
``[[sseerror WORDS]]``                report an overload after some words
====================================  ===========================================================

An argument ends at the first ``]]``; all but CMD, PATH and STATUS may be left out. Several
directives make one turn: texts go with the tool that follows them, each tool ends a round, and a
failure is followed by the next round when the client tries again (the last failure of a prompt
stays). A client without tools, which edits by what an answer says, gets the rounds up to the next
failure as one answer. What is no directive is prose and means nothing.
"""

from __future__ import annotations

import math
import re
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from tutti_testing.model.steps import (
    Block,
    Cut,
    Delay,
    Error,
    Hang,
    Reply,
    Say,
    Slow,
    Step,
    StreamError,
    Tool,
    blocks_of,
    credit_too_low,
    fails,
    usage_limit,
)

_DIRECTIVE = re.compile(r"\[\[([a-z]+)((?:\s.*?)?)\]\]", re.DOTALL)
_LONGEST = 86_400.0
_COMMIT = "git add -A && git commit -q -m "
_MOST_WORDS = 100_000


def rounds(prompt: str, tools: Sequence[str] = ()) -> tuple[Step, ...]:
    """Read the directives of a prompt as the successive answers of one turn.

    Args:
        prompt: Any text.
        tools: The names of the tools on offer, for tools that changed their name over time.

    Returns:
        One step a round; empty if the prompt holds no directive.
    """
    texts: list[Block] = []
    wait = 0.0
    turn: list[Step] = []
    for step in _parsed(prompt, tools):
        if isinstance(step, Delay):
            wait += step.seconds
        elif isinstance(step, (Say, Slow)):
            texts.append(step)
        elif fails(step):
            turn.append(_delayed(wait, step))
            wait = 0.0
        elif isinstance(step, Tool):
            turn.append(_delayed(wait, _together([*texts, step])))
            texts, wait = [], 0.0
    if texts or wait:
        turn.append(_delayed(wait, _together(texts or [Say()])))
    return tuple(turn)


def joined(plan: Sequence[Step]) -> Step:
    """Return the first steps of a plan, up to a failure, as one; a failure stands alone.

    Args:
        plan: At least one step.
    """
    blocks: list[Block] = []
    wait = 0.0
    for step in plan:
        if fails(step):
            break
        seconds, answer = _undelayed(step)
        wait += seconds
        blocks += blocks_of(cast("Say | Slow | Tool | Reply", answer))
    return _delayed(wait, _together(blocks)) if blocks else plan[0]


def _undelayed(step: Step) -> tuple[float, Step]:
    wait = 0.0
    while isinstance(step, Delay):
        wait, step = wait + step.seconds, step.then
    return wait, step


def _together(blocks: list[Block]) -> Step:
    return blocks[0] if len(blocks) == 1 else Reply(*blocks)


def _delayed(seconds: float, step: Step) -> Step:
    return Delay(seconds, step) if seconds else step


def _parsed(prompt: str, tools: Sequence[str]) -> Iterator[Step]:
    for name, argument in _DIRECTIVE.findall(prompt):
        reader = _READERS.get(name)
        step = reader(argument.strip(), tools) if reader else None
        if step is not None:
            yield step


def _number(word: str, most: float) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= most else None


def _words(argument: str, default: int) -> int | None:
    if not argument:
        return default
    value = _number(argument, _MOST_WORDS)
    return None if value is None else int(value)


def _say(argument: str, _tools: Sequence[str]) -> Step:
    return Say(argument) if argument else Say()


def _slow(argument: str, _tools: Sequence[str]) -> Step | None:
    first, _, second = argument.partition(" ")
    words = _words(first, 20)
    pause = _number(second or "0.5", _LONGEST)
    return None if words is None or pause is None else Slow(words, pause)


def _bash(argument: str, _tools: Sequence[str]) -> Step | None:
    return _shell(argument, "Run a scripted command") if argument else None


def _shell(command: str, description: str) -> Tool:
    return Tool("Bash", {"command": command, "description": description})


def _write(argument: str, _tools: Sequence[str]) -> Step | None:
    path, _, text = argument.partition(" ")
    if not path:
        return None
    content = (text.strip() or "Written by the script.").replace("\\n", "\n")
    return Tool("Write", {"file_path": path, "content": f"{content}\n"})


def _commit(argument: str, _tools: Sequence[str]) -> Step:
    message = shlex.quote(argument or "Scripted commit")
    return _shell(f"{_COMMIT}{message}", "Commit everything")


def is_commit(tool: Tool) -> bool:
    """Tell whether a tool is what ``commit`` asks for, which some clients do by themselves."""
    return str(tool.input.get("command", "")).startswith(_COMMIT)


def _ask(argument: str, _tools: Sequence[str]) -> Step:
    options = [
        {"label": "Red", "description": "The warm one"},
        {"label": "Blue", "description": "The cool one"},
    ]
    question = {
        "question": argument or "Which colour shall it be?",
        "header": "Colour",
        "multiSelect": False,
        "options": options,
    }
    return Tool("AskUserQuestion", {"questions": [question]})


def _plan(argument: str, _tools: Sequence[str]) -> Step:
    return Tool("ExitPlanMode", {"plan": argument or "# Plan\n\n1. First this\n2. Then that\n"})


def _task(argument: str, tools: Sequence[str]) -> Step:
    prompt = argument or "say The task is done."
    if prompt.partition(" ")[0] in _READERS:
        prompt = f"Follow the script. [[{prompt}]]"
    name = "Agent" if "Agent" in tools else "Task"
    given = {"description": "Scripted task", "prompt": prompt, "subagent_type": "general-purpose"}
    return Tool(name, given)


def _http(argument: str, _tools: Sequence[str]) -> Step | None:
    first, _, second = argument.partition(" ")
    status = _number(first, 599)
    if status is None or status < 400:
        return None
    return Error(int(status), retry_after=_number(second, _LONGEST))


def _limit(argument: str, _tools: Sequence[str]) -> Step | None:
    reset = _number(argument, 1e11) if argument else time.time() + 3600
    return None if reset is None else usage_limit(int(reset))


def _credit(_argument: str, _tools: Sequence[str]) -> Step:
    return credit_too_low()


def _delay(argument: str, _tools: Sequence[str]) -> Step | None:
    seconds = _number(argument or "5", _LONGEST)
    return None if seconds is None else Delay(seconds)


def _hang(argument: str, _tools: Sequence[str]) -> Step | None:
    seconds = _number(argument or "600", _LONGEST)
    return None if seconds is None else Hang(seconds)


def _cut(argument: str, _tools: Sequence[str]) -> Step | None:
    words = _words(argument, 3)
    return None if words is None else Cut(words)


def _sseerror(argument: str, _tools: Sequence[str]) -> Step | None:
    words = _words(argument, 3)
    return None if words is None else StreamError(words)


_READERS: dict[str, Callable[[str, Sequence[str]], Step | None]] = {
    "say": _say,
    "slow": _slow,
    "bash": _bash,
    "write": _write,
    "commit": _commit,
    "ask": _ask,
    "plan": _plan,
    "task": _task,
    "http": _http,
    "limit": _limit,
    "credit": _credit,
    "delay": _delay,
    "hang": _hang,
    "cut": _cut,
    "sseerror": _sseerror,
}
