r"""Reads a runtime's rule file: TOML data, checked once, then kept as plain values.

A rule file has up to four parts::

    [live]                              # the runtime's own live-status file, JSON
    state = "status"                    # the key that says what it does
    since = "statusUpdatedAt"           # when that changed, epoch milliseconds
    pid = "pid"                         # checked against the process in the pane
    start = "procStart"                 # start time of that process, checked too
    states = { busy = "working", idle = "idle", waiting = "waiting" }
    kind = "waitingFor"
    kinds = { "permission prompt" = "permission" }

    [composer]                          # where prompts are typed
    region = "composer"
    prompt = "^❯ ?"                     # what stands before the draft

    [[title]]                           # the pane's title
    id = "spinner"
    state = "working"
    regex = "^[⠂⠐] "

    [[screen]]                          # the visible screen
    id = "permission"
    state = "waiting"
    kind = "permission"
    region = "bottom:12"                # see `regions`
    all = ["Do you want to proceed?"]   # every one of these substrings
    any = ["1. Yes", "❯ Yes"]           # at least one
    none = ["esc to interrupt"]         # none of them
    regex = "(?m)^ *❯ 1\\. Yes"          # and this, searched in the region

The first rule of a part that matches speaks for it; order is the order of the file.
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import ConfigError
from ..model.reading import KINDS, STATES
from .regions import REGIONS

RULE_KEYS = frozenset(
    ("id", "state", "kind", "region", "all", "any", "none", "regex", "detail", "confidence")
)
LIVE_KEYS = frozenset(("state", "since", "pid", "start", "states", "kind", "kinds"))


def compile_rules(text: str, source: str) -> dict[str, Any]:
    """Check a rule file and return it as plain values.

    Args:
        text: The TOML text.
        source: What to call it in messages, such as the runtime's name.

    Returns:
        ``{"live": {…} | None, "composer": {…} | None, "title": […], "screen": […]}``, JSON
        values only.

    Raises:
        ConfigError: If it is not TOML, or a rule makes no sense.
    """
    import tomli

    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"rules of {source}: {error}") from error
    unknown = sorted(set(data) - {"live", "composer", "title", "screen"})
    if unknown:
        raise ConfigError(f"rules of {source}: unknown part {unknown[0]!r}")
    return {
        "live": _live(data["live"], source) if "live" in data else None,
        "composer": _composer(data["composer"], source) if "composer" in data else None,
        "title": [_rule(rule, f"{source}, title") for rule in data.get("title", [])],
        "screen": [_rule(rule, f"{source}, screen") for rule in data.get("screen", [])],
    }


def _live(live: dict[str, Any], source: str) -> dict[str, Any]:
    unknown = sorted(set(live) - LIVE_KEYS)
    if unknown or "state" not in live or "states" not in live:
        raise ConfigError(f"rules of {source}: [live] needs state and states; found {unknown}")
    for word, state in live["states"].items():
        _known(state, STATES, f"rules of {source}: live state for {word!r}")
    for word, kind in live.get("kinds", {}).items():
        _known(kind, KINDS, f"rules of {source}: live kind for {word!r}")
    return live


def _composer(composer: dict[str, Any], source: str) -> dict[str, Any]:
    where = f"rules of {source}: [composer]"
    _known(str(composer.get("region", "composer")).partition(":")[0], REGIONS, where)
    if "prompt" not in composer or set(composer) - {"region", "prompt"}:
        raise ConfigError(f"{where} needs a prompt, and knows only region beside it")
    _compiles(composer["prompt"], where)
    return composer


def _rule(rule: dict[str, Any], where: str) -> dict[str, Any]:
    name = f"rule {rule.get('id', '?')!r} of {where}"
    unknown = sorted(set(rule) - RULE_KEYS)
    if unknown or "id" not in rule:
        raise ConfigError(f"{name}: needs an id and knows no key {unknown}")
    _known(rule.get("state"), STATES, name)
    if rule.get("kind"):
        _known(rule["kind"], KINDS, name)
    _known(str(rule.get("region", "screen")).partition(":")[0], REGIONS, name)
    if not any(rule.get(key) for key in ("all", "any", "regex")):
        raise ConfigError(f"{name}: needs at least one of all, any, regex")
    _compiles(rule.get("regex", ""), name)
    return rule


def _known(word: Any, words: Any, where: str) -> None:
    if word not in words:
        raise ConfigError(f"{where}: {word!r} is none of {', '.join(words)}")


def _compiles(pattern: str, where: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"{where}: regex: {error}") from error
