"""What must be true of declarations, beyond each value being of the right type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from tutti_core import compile_rules
from tutti_core.errors import ConfigError

from .declaration import Declaration
from .rules import written
from .runtime import OPTION
from .words import places, split

Found = Iterator[tuple[str, str]]

ALLOWED = {
    "command": (),
    "args": ("name", "prompt"),
    "args_safe": ("name",),
    "version": (),
    "interrupt": (),
    "args_constrained": ("name", "policy_file"),
    "args_bypass": ("name",),
    "session": ("name", "conversation"),
    "resume": ("name", "conversation"),
    "memory": ("name", "memory"),
}
"""The keys that hold words, each with the placeholders it knows."""

NEEDED = {
    "args_constrained": "policy_file",
    "session": "conversation",
    "resume": "conversation",
    "memory": "memory",
}
"""The placeholder without which a key would not do what it is for."""

PROBES = ("/x", "!x", ":x", "#x", "@x", "exit", "quit", "\\x", ".x", "%x")
"""Prompts that some CLI or other runs by itself."""

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_OPTION = re.compile(r"option:--[A-Za-z0-9][\w.-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BAD_RULES = (ConfigError, TypeError, ValueError, AttributeError, LookupError)


def problems(declarations: Sequence[Declaration]) -> Found:
    """Yield what is wrong with the declarations of one file, each a path and a message."""
    seen: dict[str, int] = {}
    for index, said in enumerate(declarations):
        first = seen.setdefault(said.name, index)
        if first != index:
            yield f"[{index}].name", f"{said.name!r} is declared by runtime[{first}] already"
        for path, message in _of(said):
            yield f"[{index}].{path}", message


def _of(said: Declaration) -> Found:
    if not _SLUG.fullmatch(said.name):
        yield "name", f'{said.name!r} is no name: use letters, digits, "-" and "_", at most 64'
    for key, allowed in ALLOWED.items():
        yield from _words(said, key, allowed)
    yield from _prompt(said)
    yield from _conversation(said)
    yield from _variables(said)
    yield from _commands(said)
    yield from _live_status(said)
    yield from _rules_file(said)
    yield from _parts(said)


def _words(said: Declaration, key: str, allowed: tuple[str, ...]) -> Found:
    value = getattr(said, key)
    try:
        words = split(value)
    except ValueError as error:
        yield key, f"cannot be split into words: {error}"
        return
    for index, word in enumerate(words):
        path = key if isinstance(value, str) else f"{key}[{index}]"
        if not word:
            yield path, "an empty word cannot be given"
        for place in places(word):
            if place not in allowed:
                yield path, f"{{{place}}} means nothing here; {_known(allowed)}"
    yield from _complete(key, words)


def _known(allowed: tuple[str, ...]) -> str:
    return f"known: {', '.join(f'{{{one}}}' for one in allowed)}" if allowed else "nothing does"


def _complete(key: str, words: Sequence[str]) -> Found:
    need = NEEDED.get(key)
    if key == "command" and not words:
        yield key, "names no program"
    if need and words and not any(need in places(word) for word in words):
        yield key, f"one of its words must hold {{{need}}}"


def _prompt(said: Declaration) -> Found:
    style = said.prompt
    if style not in ("paste", "argument") and not _OPTION.fullmatch(style):
        yield "prompt", f'{style!r} is none of "paste", "argument", "{OPTION}--flag"'
    for index, word in _holding(said):
        if style != "argument":
            yield "args", '{prompt} is only for prompt = "argument"'
        elif not _guarded(said, index, word):
            yield "args", f"{word!r} could be taken for an option: use -- before it, or --flag="


def _holding(said: Declaration) -> list[tuple[int, str]]:
    try:
        words = split(said.args)
    except ValueError:
        return []
    return [(index, word) for index, word in enumerate(words) if "prompt" in places(word)]


def _guarded(said: Declaration, index: int, word: str) -> bool:
    own = word == "{prompt}" and "--" in split(said.args)[:index]
    return own or bool(re.fullmatch(r"--[\w.-]+=\{prompt\}", word))


def _conversation(said: Declaration) -> Found:
    if said.session and not said.resume:
        yield "session", "a conversation that is begun must be taken up by `resume`"
    if said.resume and not said.session:
        yield (
            "resume",
            "needs `session`: only a conversation that is begun by its id is known by it",
        )
    if said.session and said.session == said.resume:
        yield "resume", "is the same as session"
    if said.args_bypass and said.args_bypass == said.args_safe:
        yield "args_bypass", "is the same as args_safe"


def _variables(said: Declaration) -> Found:
    named = [(f"env.{json.dumps(name)}", name) for name in said.env]
    named += [(f"unset[{index}]", name) for index, name in enumerate(said.unset)]
    for path, name in named:
        if not _VARIABLE.fullmatch(name):
            yield path, f"{name!r} is no name for a variable"
        elif name.startswith("TUTTI_"):
            yield path, "is a variable of tutti's own"


def _commands(said: Declaration) -> Found:
    try:
        runs = re.compile(said.commands).match if said.commands else None
    except re.error as error:
        yield "commands", f"is no regular expression: {error}"
        return
    if runs and any(runs(one) and runs(f"{said.disarm}{one}") for one in PROBES):
        yield "disarm", f"{said.disarm!r} in front of a prompt leaves it one of `commands`"


def _live_status(said: Declaration) -> Found:
    path = said.live_status
    if path and not path.startswith(("/", "~/")):
        yield "live_status", "must begin with / or ~/"
    if path and "{pid}" not in path:
        yield "live_status", "must hold {pid}, so that each process has its own"
    if path and not said.live and not said.rules_file:
        yield "live_status", "needs [runtime.live] to be read by"
    if said.live and not path:
        yield "live", "needs live_status, the file it reads"


def _rules_file(said: Declaration) -> Found:
    path = said.rules_file
    if path and (path.startswith(("/", "~")) or ".." in path.split("/")):
        yield "rules_file", "must be a path below the folder of this file"
    if path and said.parts:
        yield "rules_file", f"stands beside rules of its own: {', '.join(said.parts)}"


def _parts(said: Declaration) -> Found:
    marks = {"marks": dict(said.marks)}
    own = {"screen": ("screen", said.screen), "pane_title": ("title", said.pane_title)}
    wrong = _wrong(marks, said.name)
    if wrong:
        yield "marks", wrong
    base = {} if wrong else marks
    for key, (part, rules) in own.items():
        for index, rule in enumerate(rules):
            message = _odd(rule) or _wrong({**base, part: [dict(rule)]}, said.name)
            if message:
                yield f"{key}[{index}]", message
    for part in ("composer", "live"):
        value = said.parts.get(part)
        message = _wrong({**base, part: value}, said.name) if value else ""
        if message:
            yield part, message


def _odd(rule: Any) -> str:
    """Say which of a rule's keys is not of the kind that it must be."""
    for key in ("all", "any", "none"):
        value = rule.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return f"{key} must be an array of texts"
    texts = ("id", "state", "kind", "detail", "region", "regex")
    wrong = [key for key in texts if not isinstance(rule.get(key, ""), str)]
    return f"{wrong[0]} must be a text" if wrong else ""


def _wrong(parts: dict[str, Any], name: str) -> str:
    try:
        compile_rules(written(parts), name)
    except _BAD_RULES as error:
        return str(error)
    return ""
