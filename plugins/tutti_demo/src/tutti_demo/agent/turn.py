"""One turn, from a prompt to its end: scripted, or a short sensible one of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from tutti_demo.agent import talk, tools, trouble
from tutti_demo.agent.desk import Desk, Turn
from tutti_demo.agent.script import Directive, parse
from tutti_demo.agent.state import Block

_RECALL = re.compile(r"\bwhat (did|have) i (just )?(tell|told|say|said|ask|asked)\b", re.IGNORECASE)
_SYSTEM = re.compile(r"\b(what are )?your (system )?instructions\b.*\?", re.IGNORECASE)
STEPS: dict[str, Callable[[Desk, Directive], Turn]] = {
    "say": talk.say,
    "slow": talk.slow,
    "think": talk.think,
    "prose": talk.prose,
    "context": talk.context,
    "ask": talk.ask,
    "menu": talk.menu,
    "write": tools.write,
    "append": tools.append,
    "bash": tools.bash,
    "commit": tools.commit,
    "spawn": tools.spawn,
    "http": trouble.http,
    "limit": trouble.limit,
    "retry": trouble.retry,
    "unreachable": trouble.unreachable,
    "exit": trouble.leave,
    "crash": trouble.crash,
    "hang": trouble.hang,
}


def play(desk: Desk, prompt: str, scripted: str) -> Turn:
    """Do what a prompt asks.

    Args:
        desk: What to work with.
        prompt: What the user submitted.
        scripted: Directives that count instead of the prompt's own; empty or ``-`` for none.
    """
    yield desk.pause(0.15)
    found = parse(scripted if scripted.strip("- ") else prompt)
    known = [directive for directive in found if directive.name != "wrong"]
    for directive in found:
        if directive.name == "wrong":
            desk.add(Block("info", f"⚠ {directive.text}"))
        else:
            yield from STEPS[directive.name](desk, directive)
    if not known:
        yield from _ordinary(desk, prompt)


def _ordinary(desk: Desk, prompt: str) -> Turn:
    if _RECALL.search(prompt):
        yield from talk.speak(desk, _recalled(desk.told[:-1]))
    elif _SYSTEM.search(prompt):
        yield from talk.speak(desk, desk.options.system or "I was given no instructions.")
    else:
        yield from _work(desk, prompt)


def _recalled(told: list[str]) -> str:
    if not told:
        return "You told me nothing before this."
    return "\n".join(["You told me:", *(f"{index}. {text}" for index, text in enumerate(told, 1))])


def _work(desk: Desk, prompt: str) -> Turn:
    """Think, keep the prompt in a file of notes, commit, and say so."""
    yield desk.pause(0.4)
    path = f"notes/{_name(desk)}.md"
    first = next(filter(str.strip, prompt.splitlines()), "").strip()[:60]
    yield from tools.put(desk, "Append", path, _entry(desk, prompt))
    yield from tools.save(desk, f"Note: {first}")
    done = desk.state.blocks[-1].result
    reason = done.replace("\n", ": ")
    ending = f"not committed ({reason})" if "Error" in done else f"committed as {done}"
    yield from talk.speak(
        desk,
        f'I read your request ("{first}"), wrote it down in {path}, {ending}. I am a scripted '
        "agent: give me [[directives]] and I will do other things.",
    )


def _entry(desk: Desk, prompt: str) -> str:
    longest = max(map(len, re.findall("`+", prompt)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"## Prompt {len(desk.told)}\n\n{fence}\n{prompt}\n{fence}\n\n"


def _name(desk: Desk) -> str:
    """Return the agent's name as part of a file name: who launched it may have named it."""
    name = os.environ.get("TUTTI_AGENT") or desk.options.name
    return re.sub(r"[^\w.-]+", "-", name).strip(".-").lower() or "demo"
