r"""Reads a runtime's rule file: TOML data, checked once, then kept as plain values.

A rule file has up to six parts::

    [live]                              # the runtime's own live-status file, JSON
    state = "status"                    # the key that says what it does
    since = "statusUpdatedAt"           # when that changed, epoch milliseconds
    pid = "pid"                         # checked against the process in the pane
    start = "procStart"                 # start time of that process, checked too
    states = { busy = "working", idle = "idle", waiting = "waiting" }
    missing = "starting"                # what a young agent does while the key is not there yet
    kind = "waitingFor"
    kinds = { "permission prompt" = "permission" }

    [composer]                          # where prompts are typed
    region = "composer"
    prompt = "^❯ ?"                     # what it begins with, before the draft
    hanging = false                     # true if no rules enclose it and what follows is indented
    cursor = false                      # true if it is where the cursor is, each row beginning so

    [marks]                             # where parts of the conversation begin, for `since:NAME`
    turn = "(?m)^❯ "

    [[title]]                           # the pane's title
    id = "spinner"
    state = "working"
    regex = "^[⠂⠐] "

    [[screen]]                          # the visible screen
    id = "permission"
    state = "waiting"
    kind = "permission"
    region = "modal:12"                 # see `regions`
    all = ["Do you want to proceed?"]   # every one of these substrings
    any = ["1. Yes", "❯ Yes"]           # at least one
    none = ["esc to interrupt"]         # none of them
    regex = "(?m)^ *❯ 1\\. Yes"          # and this, searched in the region
    priority = 50                       # above 0 it outranks what says that the agent is busy

    [[piece]]                           # rules for a saved text that may be a piece of a screen;
    id = "prompt"                       # a screen that is seen live never is, and they are silent
    state = "idle"
    regex = '\A❯ ?\Z'

The first rule of a part that matches speaks for it; order is the order of the file. Among the
parts the highest priority decides. A screen rule for ``waiting`` has 50 unless it says otherwise,
because keys would answer what it saw; every other rule has 0. A live-status file that says
``waiting`` has 40.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ..errors import ConfigError
from ..model.reading import KINDS, STATES
from .regions import COUNTED, REGIONS

SAYS = ("id", "state", "kind", "detail", "confidence", "priority", "from")
LOOKS = ("region", "all", "any", "none", "regex")
RULE_KEYS = frozenset((*SAYS, *LOOKS))
LIVE_KEYS = frozenset(("state", "since", "pid", "start", "states", "missing", "kind", "kinds"))
PARTS = frozenset(("live", "composer", "marks", "title", "screen", "piece"))
DRAWN = ("hanging", "cursor")
DIALOG = 50


def compile_rules(text: str, source: str) -> dict[str, Any]:
    """Check a rule file and return it as plain values.

    Args:
        text: The TOML text.
        source: What to call it in messages, such as the runtime's name.

    Returns:
        ``{"live": {…} | None, "composer": {…} | None, "marks": {…}, "title": […],
        "screen": […], "piece": […]}``, JSON values only.

    Raises:
        ConfigError: If it is not TOML, or a rule makes no sense.
    """
    return compile_parts(parse(text, source), source)


def parse(text: str, source: str) -> dict[str, Any]:
    """Return a rule file as TOML gives it.

    Args:
        text: The TOML text.
        source: What to call it in messages.

    Raises:
        ConfigError: If it is not TOML.
    """
    import tomli

    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"rules of {source}: {error}") from error


def compile_parts(data: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Check the parts of a rule file and return them as plain values, as `compile_rules` does.

    Args:
        data: The parts.
        source: What to call them in messages.

    Raises:
        ConfigError: If a rule makes no sense.
    """
    unknown = sorted(set(data) - PARTS)
    if unknown:
        raise ConfigError(f"rules of {source}: unknown part {unknown[0]!r}")
    marks = _marks(data.get("marks", {}), source)
    return {
        "live": _live(data["live"], source) if "live" in data else None,
        "composer": _composer(data["composer"], source, marks) if "composer" in data else None,
        "marks": marks,
        "title": [_rule(rule, f"{source}, title", marks) for rule in data.get("title", [])],
        "screen": [
            _loud(_rule(rule, f"{source}, screen", marks)) for rule in data.get("screen", [])
        ],
        "piece": [_loud(_rule(rule, f"{source}, piece", marks)) for rule in data.get("piece", [])],
    }


def _live(live: dict[str, Any], source: str) -> dict[str, Any]:
    unknown = sorted(set(live) - LIVE_KEYS)
    if unknown or "state" not in live or "states" not in live:
        raise ConfigError(f"rules of {source}: [live] needs state and states; found {unknown}")
    for word, state in live["states"].items():
        _known(state, STATES, f"rules of {source}: live state for {word!r}")
    _known(live.get("missing", STATES[0]), STATES, f"rules of {source}: live state if missing")
    for word, kind in live.get("kinds", {}).items():
        _known(kind, KINDS, f"rules of {source}: live kind for {word!r}")
    return live


def _marks(marks: Mapping[str, Any], source: str) -> dict[str, str]:
    for name, regex in marks.items():
        _compiles(regex, f"mark {name!r} of {source}")
    return dict(marks)


def _composer(composer: dict[str, Any], source: str, marks: Collection[str]) -> dict[str, Any]:
    where = f"rules of {source}: [composer]"
    _cuts(composer.get("region", "composer"), marks, where)
    if "prompt" not in composer or set(composer) - {"region", "prompt", *DRAWN}:
        known = "region, hanging and cursor"
        raise ConfigError(f"{where} needs a prompt, and knows only {known} beside it")
    for key in DRAWN:
        if not isinstance(composer.get(key, False), bool):
            raise ConfigError(f"{where}: {key} is true or false, not {composer[key]!r}")
    _compiles(composer["prompt"], where)
    return composer


def _rule(rule: dict[str, Any], where: str, marks: Collection[str]) -> dict[str, Any]:
    name = f"rule {rule.get('id', '?')!r} of {where}"
    unknown = sorted(set(rule) - RULE_KEYS)
    if unknown or "id" not in rule:
        raise ConfigError(f"{name}: needs an id and knows no key {unknown}")
    _known(rule.get("state"), STATES, name)
    if rule.get("kind"):
        _known(rule["kind"], KINDS, name)
    _cuts(rule.get("region", "screen"), marks, name)
    if not any(rule.get(key) for key in ("all", "any", "regex")):
        raise ConfigError(f"{name}: needs at least one of all, any, regex")
    if not isinstance(rule.get("priority", 0), int):
        raise ConfigError(f"{name}: priority is a whole number, not {rule['priority']!r}")
    _compiles(rule.get("regex", ""), name)
    return rule


def _loud(rule: dict[str, Any]) -> dict[str, Any]:
    return {"priority": DIALOG if rule["state"] == "waiting" else 0, **rule}


def _cuts(region: Any, marks: Collection[str], where: str) -> None:
    word, _, more = str(region).partition(":")
    _known(word, REGIONS, where)
    if word == "since":
        _known(more, marks, f"{where}: mark")
    elif more and (word not in COUNTED or not more.isdecimal()):
        raise ConfigError(f"{where}: {region!r}: {word} takes no {more!r}")


def _known(word: Any, words: Collection[str], where: str) -> None:
    if word not in words:
        raise ConfigError(f"{where}: {word!r} is none of {', '.join(words)}")


def _compiles(pattern: Any, where: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ConfigError(f"{where}: regex: {error}") from error
