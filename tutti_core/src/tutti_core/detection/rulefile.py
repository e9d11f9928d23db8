r"""Reads a runtime's rule file: TOML data, checked once, then kept as plain values.

A rule file has up to eleven parts::

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
    gone = "(?m)^ *❯ \\d"               # if this is below two rules, they enclose no composer
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
    answers = { allow = "1", always = "/^Yes, and", deny = "Escape" }   # see below

    [[piece]]                           # rules for a saved text that may be a piece of a screen;
    id = "prompt"                       # a screen that is seen live never is, and they are silent
    state = "idle"
    regex = '\A❯ ?\Z'

    [options]                           # the lines of a dialog that can be chosen
    region = "modal:24"
    regex = "(?m)^[ ❯]*(?P<key>\\d)\\. (?P<text>.+)$"
    then = "Enter"                      # what is pressed behind the key, if it is not enough

    [[feed.hooks]]                      # JSON lines that hooks wrote; `feed.transcript` the CLI's
    id = "asked"
    state = "waiting"
    kind = "permission"
    where = { event = "PermissionRequest" }   # a value, a list of them, or "*" for any, by path
    not = { agent = "*" }               # what must not be so
    regex = { tool = "^(?P<detail>.+)$" }     # and this, in the text at the path
    detail = "tool"                     # a path, or a text
    at = "at"                           # its instant: RFC 3339, or epoch seconds or milliseconds
    fades = 10                          # so many seconds old, it is a guess only

    [follow]                            # where a feed goes on, by the newest record of another
    transcript = "hooks:transcript"

    [[turn.begin]]                      # a prompt was taken; `turn.end` the turn is over
    feed = "hooks"
    where = { event = "UserPromptSubmit" }
    text = "prompt"
    at = "at"

    [[turn.answer]]                     # what the agent says
    feed = "transcript"
    where = { type = "assistant" }
    text = "message.content.text"

    [[context]]                         # how full its context is: the first that speaks
    feed = "transcript"
    where = { type = "assistant" }
    used = ["message.usage.input_tokens", "message.usage.output_tokens"]
    model = ["hooks:model", "message.model"]
    windows = { "\\[1m\\]" = 1000000, "^claude-" = 200000 }   # or `window`, a path or number

    [[context]]
    source = "screen"
    region = "footer"
    regex = "(?P<left>\\d+)% left"      # in percent, or a group `used`

The first rule of a part that matches speaks for it; order is the order of the file. For a feed it
is the newest record that any of its rules matches. Among the parts the highest priority decides. A
screen rule for ``waiting`` has 50 unless it says otherwise, because keys would answer what it saw;
every other rule has 0. A live-status file that says ``waiting`` has 40.

A path goes through tables and lists by dots: ``message.content.text`` is the text of every block
of a list. In a ``regex``, a group ``reset`` is when a limit ends. What ``answers`` says is a key as
tmux calls it, or behind a ``/`` a pattern for the text of the option whose key it is. An option
without a key of its own is gone to with the arrow keys, as is one whose pattern stands behind
``#/``, because its key only marks it. ``text`` is for the option into which words of one's own are
written once it is marked. A rule without ``answers``, which may be
empty, has no options: what looks like some may be a list in the conversation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..errors import ConfigError
from ..model.reading import KINDS, STATES
from .checking import compiles, cuts, known
from .dialogs import ANSWERS
from .feedrules import FEED_PARTS, compile_feeds

SAYS = ("id", "state", "kind", "detail", "confidence", "priority", "answers")
LOOKS = ("region", "all", "any", "none", "regex")
RULE_KEYS = frozenset((*SAYS, *LOOKS))
LIVE_KEYS = frozenset(("state", "since", "pid", "start", "states", "missing", "kind", "kinds"))
OPTIONS_KEYS = frozenset(("region", "regex", "then"))
PARTS = frozenset(("live", "composer", "marks", "title", "screen", "piece", "options", *FEED_PARTS))
DRAWN = ("hanging", "cursor")
DIALOG = 50


def compile_rules(text: str, source: str) -> dict[str, Any]:
    """Check a rule file and return it as plain values.

    Args:
        text: The TOML text.
        source: What to call it in messages, such as the runtime's name.

    Returns:
        ``{"live": {…} | None, "composer": {…} | None, "marks": {…}, "title": […],
        "screen": […], "piece": […], "options": {…} | None, "feed": {…}, "follow": {…},
        "turn": {…} | None, "context": […]}``, JSON values only.

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
        "options": _options(data["options"], source, marks) if "options" in data else None,
        **compile_feeds(data, source, marks),
    }


def _live(live: dict[str, Any], source: str) -> dict[str, Any]:
    unknown = sorted(set(live) - LIVE_KEYS)
    if unknown or "state" not in live or "states" not in live:
        raise ConfigError(f"rules of {source}: [live] needs state and states; found {unknown}")
    for word, state in live["states"].items():
        known(state, STATES, f"rules of {source}: live state for {word!r}")
    known(live.get("missing", STATES[0]), STATES, f"rules of {source}: live state if missing")
    for word, kind in live.get("kinds", {}).items():
        known(kind, KINDS, f"rules of {source}: live kind for {word!r}")
    return live


def _marks(marks: Mapping[str, Any], source: str) -> dict[str, str]:
    for name, regex in marks.items():
        compiles(regex, f"mark {name!r} of {source}")
    return dict(marks)


def _composer(composer: dict[str, Any], source: str, marks: Collection[str]) -> dict[str, Any]:
    where = f"rules of {source}: [composer]"
    cuts(composer.get("region", "composer"), marks, where)
    if "prompt" not in composer or set(composer) - {"region", "prompt", "gone", *DRAWN}:
        known = "region, gone, hanging and cursor"
        raise ConfigError(f"{where} needs a prompt, and knows only {known} beside it")
    for key in DRAWN:
        if not isinstance(composer.get(key, False), bool):
            raise ConfigError(f"{where}: {key} is true or false, not {composer[key]!r}")
    for key in ("prompt", "gone"):
        compiles(composer.get(key, ""), where)
    return composer


def _rule(rule: dict[str, Any], where: str, marks: Collection[str]) -> dict[str, Any]:
    name = f"rule {rule.get('id', '?')!r} of {where}"
    unknown = sorted(set(rule) - RULE_KEYS)
    if unknown or "id" not in rule:
        raise ConfigError(f"{name}: needs an id and knows no key {unknown}")
    known(rule.get("state"), STATES, name)
    if rule.get("kind"):
        known(rule["kind"], KINDS, name)
    cuts(rule.get("region", "screen"), marks, name)
    if not any(rule.get(key) for key in ("all", "any", "regex")):
        raise ConfigError(f"{name}: needs at least one of all, any, regex")
    if not isinstance(rule.get("priority", 0), int):
        raise ConfigError(f"{name}: priority is a whole number, not {rule['priority']!r}")
    compiles(rule.get("regex", ""), name)
    _answers(rule.get("answers", {}), name)
    return rule


def _answers(answers: Any, name: str) -> None:
    if not isinstance(answers, dict):
        raise ConfigError(f"{name}: answers is a table of {', '.join(ANSWERS)}")
    for answer, said in answers.items():
        known(answer, ANSWERS, f"{name}: answers")
        if not isinstance(said, str) or said in ("", "/", "#", "#/"):
            raise ConfigError(f"{name}: answers: {said!r} is no key, nor a pattern behind a '/'")
        compiles(said.partition("/")[2] if said.startswith(("/", "#/")) else "", name)


def _options(options: dict[str, Any], source: str, marks: Collection[str]) -> dict[str, Any]:
    where = f"rules of {source}: [options]"
    cuts(options.get("region", "modal"), marks, where)
    if "regex" not in options or set(options) - OPTIONS_KEYS:
        raise ConfigError(f"{where} needs a regex, and knows only region and then")
    compiles(options["regex"], where)
    if "(?P<text>" not in options["regex"]:
        raise ConfigError(f"{where}: regex needs a group (?P<text>…)")
    return options


def _loud(rule: dict[str, Any]) -> dict[str, Any]:
    return {"priority": DIALOG if rule["state"] == "waiting" else 0, **rule}
