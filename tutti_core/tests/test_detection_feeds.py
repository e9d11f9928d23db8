"""Feeds: records that hooks and the CLI wrote down, from where they lie to a reading."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.detection.context import context_of
from tutti_core.detection.evidence import gather, parts_of
from tutti_core.detection.explain import explain
from tutti_core.detection.feeds import WEAK
from tutti_core.detection.judge import judge
from tutti_core.detection.records import instant, meets, unmet, values
from tutti_core.detection.rulefile import compile_rules
from tutti_core.detection.turns import Mark, answer_to, turns
from tutti_core.errors import ConfigError
from tutti_core.model.reading import STATES, Observation, Option, Reading, Screen
from tutti_core.watching.look import read

NOW = 1_800_000_000.0
LINE = "─" * 60
IDLE = f"● said\n\n{LINE}\n❯ \n{LINE}\n"
BUSY = f"● said\n\n✻ Thinking… (3s)\n\n{LINE}\n❯ \n{LINE}\n  esc to interrupt"
DIALOG = f"""● 1. one of a list\n  2. another\n
{LINE}
 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and always allow this
   3. No
"""

RULES = r"""
[live]
state = "status"
states = { busy = "working", idle = "idle", waiting = "waiting" }

[composer]
prompt = "^❯ ?"

[options]
region = "modal:8"
regex = '(?m)^ *(?:❯ )?(?P<key>\d)\. (?P<text>.+)$'

[follow]
transcript = "hooks:transcript"

[[feed.hooks]]
id = "asked"
state = "waiting"
kind = "permission"
where = { event = "PermissionRequest" }
not = { agent = "*" }
detail = "tool"
at = "at"
fades = 10

[[feed.hooks]]
id = "begun"
state = "working"
where = { event = ["UserPromptSubmit", "PostToolUse"] }
not = { agent = "*" }
at = "at"
fades = 120

[[feed.hooks]]
id = "limit"
state = "rate_limited"
where = { event = "StopFailure", error = "rate_limit" }
regex = { message = "^(?P<detail>.*?) · resets (?P<reset>.*)$" }
at = "at"

[[feed.hooks]]
id = "done"
state = "idle"
where = { event = "Stop" }
at = "at"

[[feed.transcript]]
id = "failed"
state = "auth_failed"
where = { type = "assistant", failed = true }
detail = "message.content.text"
at = "timestamp"

[[feed.transcript]]
id = "said"
state = "idle"
where = { "message.stop" = "end_turn" }
at = "timestamp"

[[turn.begin]]
feed = "hooks"
where = { event = "UserPromptSubmit" }
text = "prompt"
at = "at"

[[turn.begin]]
feed = "transcript"
where = { type = "user" }
text = "message.content.text"
at = "timestamp"

[[turn.end]]
feed = "hooks"
where = { event = ["Stop", "StopFailure"] }
at = "at"

[[turn.answer]]
feed = "transcript"
where = { type = "assistant" }
not = { side = true }
text = "message.content.text"

[[context]]
feed = "transcript"
where = { "message.usage.input" = "*" }
used = ["message.usage.input", "message.usage.cached"]
model = ["hooks:model", "message.model"]
windows = { '\[1m\]' = 1000000, "^big" = 200000 }

[[context]]
source = "screen"
regex = '(?P<left>\d+)% left'

[[title]]
id = "spinner"
state = "working"
regex = "^⠂ "

[[screen]]
id = "permission"
state = "waiting"
kind = "permission"
region = "modal:6"
all = ["Do you want to proceed?"]
answers = { allow = "/^Yes$", always = "/^Yes, and", deny = "Escape" }

[[screen]]
id = "busy"
state = "working"
region = "footer"
all = ["esc to interrupt"]

[[screen]]
id = "bad-key"
state = "auth_failed"
region = "tail"
regex = "Invalid key, try again (?P<reset>.*)"

[[screen]]
id = "quiet"
state = "idle"
region = "composer"
regex = '\S'
confidence = 0.6
"""

KEYS = ("event", "at", "timestamp", "type", "message", "content", "text", "usage", "input", "agent")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "event",
                    "at",
                    "timestamp",
                    "type",
                    "message",
                    "content",
                    "text",
                    "usage",
                    "input",
                    "model",
                    "agent",
                ]
            ),
            inner | st.sampled_from(["UserPromptSubmit", "Stop", "assistant", "user", NOW - 5]),
            max_size=6,
        )
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    """Return the rules above, compiled."""
    return compile_rules(RULES, "test")


def hook(event: str, ago: float, **more: Any) -> dict[str, Any]:
    """Return a record of a hook."""
    return {"event": event, "at": NOW - ago, **more}


def said(ago: float, text: str = "", **more: Any) -> dict[str, Any]:
    """Return a record of a transcript, with its text in a block among others."""
    blocks = [{"type": "thinking"}, {"type": "text", "text": text}]
    return {"type": "assistant", "timestamp": NOW - ago, "message": {"content": blocks}, **more}


def seen(screen: str | None = None, **more: Any) -> Observation:
    """Return an observation of a living agent."""
    shown = None if screen is None else Screen(screen)
    known = {"now": NOW, "runtime": "test", "session": True, "alive": True, "started": NOW - 600}
    return Observation(**{**known, "screen": shown, **more})


def reading(rules: dict[str, Any], screen: str | None = None, **more: Any) -> Reading:
    """Return what an observation means."""
    found = seen(screen, **more)
    return judge(found, gather(rules, found))


class TestRecords:
    """Values and instants are found wherever they stand, and nothing is made up."""

    def test_a_path_goes_through_lists(self) -> None:
        """Each block of a list is looked into."""
        record = {"a": [{"b": 1}, {"c": 2}, {"b": [3, 4]}]}
        assert values(record, "a.b") == [1, 3, 4]
        assert values(record, "a.b.c") == []

    @pytest.mark.parametrize(
        "written",
        [1_800_000_000, 1_800_000_000.0, 1_800_000_000_000, "2027-01-15T08:00:00.000Z"],
    )
    def test_an_instant_in_any_form(self, written: Any) -> None:
        """Seconds, milliseconds and text are one instant."""
        assert instant({"at": written}, "at") == NOW

    @pytest.mark.parametrize(
        "written", [None, True, "soon", float("nan"), float("inf"), -1, 10**400, -(10**400), 0, {}]
    )
    def test_what_is_no_instant(self, written: Any) -> None:
        """What is no time of this century is none."""
        assert instant({"at": written}, "at") is None

    @given(JSON, st.sampled_from(["event", "message.type", "message.content.text"]), JSON)
    def test_why_it_does_not_meet(self, record: Any, path: str, wanted: Any) -> None:
        """A record meets its conditions exactly if there is nothing to say against it."""
        for gate in ({"where": {path: wanted}}, {"not": {path: wanted}}, {"regex": {path: "."}}):
            found = record if isinstance(record, dict) else {"event": record}
            assert meets(gate, found) == (unmet(gate, found) == "")


class TestReadings:
    """The newest record speaks, and yields where what it says is seen not to be so."""

    def test_the_newest_that_matches(self, rules: dict[str, Any]) -> None:
        """A record that no rule knows hides none before it."""
        feeds = {"hooks": (hook("Stop", 9), hook("UserPromptSubmit", 5), hook("Other", 1))}
        now = reading(rules, IDLE, feeds=feeds)
        assert (now.state, now.since) == ("working", NOW - 5)
        assert [now.evidence[0].source, now.evidence[0].age] == ["hooks", 5]

    def test_an_end_confirms(self, rules: dict[str, Any]) -> None:
        """Idle by the word of a hook needs no second look, and by the screen it does."""
        feeds = {"hooks": (hook("UserPromptSubmit", 5), hook("Stop", 2))}
        assert reading(rules, IDLE, feeds=feeds)[:5] == ("idle", "", "", 0.9, True)
        assert not reading(rules, IDLE).confirmed

    def test_what_is_of_another_launch(self, rules: dict[str, Any]) -> None:
        """What was written down before the session was made says nothing of it."""
        feeds = {"hooks": (hook("UserPromptSubmit", 700),)}
        assert reading(rules, IDLE, feeds=feeds).state == "idle"

    def test_another_agents_records(self, rules: dict[str, Any]) -> None:
        """What an agent inside the agent does is none of its own doing."""
        feeds = {"hooks": (hook("Stop", 9), hook("PostToolUse", 1, agent="a1"))}
        assert reading(rules, IDLE, feeds=feeds).state == "idle"

    def test_stale_evidence_steps_down(self, rules: dict[str, Any]) -> None:
        """A turn that began long ago is believed only as long as nothing else speaks."""
        feeds = {"hooks": (hook("UserPromptSubmit", 500),)}
        assert reading(rules, IDLE, feeds=feeds).state == "idle"
        alone = reading(rules, feeds=feeds)
        assert (alone.state, alone.confidence) == ("working", WEAK)

    def test_a_dialog_outranks_a_quiet_hook(self, rules: dict[str, Any]) -> None:
        """What keys would answer decides, whatever a hook said last."""
        feeds = {"hooks": (hook("UserPromptSubmit", 5), hook("Stop", 2))}
        assert reading(rules, DIALOG, feeds=feeds).state == "waiting"

    @pytest.mark.parametrize(("screen", "state"), [(IDLE, "idle"), (BUSY, "working")])
    def test_a_question_that_was_left(self, rules: dict[str, Any], screen: str, state: str) -> None:
        """Esc on a dialog fires no hook: where the composer is back, nobody is asked any more."""
        feeds = {"hooks": (hook("PermissionRequest", 3, tool="Bash"),)}
        assert reading(rules, screen, feeds=feeds).state == state
        feeds = {"hooks": (hook("PermissionRequest", 3, tool="Bash"),)}
        asked = reading(rules, feeds=feeds)
        assert (asked.state, asked.kind, asked.detail) == ("waiting", "permission", "Bash")

    def test_a_turn_that_was_interrupted(self, rules: dict[str, Any]) -> None:
        """Esc fires no hook, but the agent's own file knows that it is quiet."""
        feeds = {"hooks": (hook("UserPromptSubmit", 8),)}
        live: dict[str, Any] = {"live": {"status": "idle"}, "live_at": NOW - 6}
        now = reading(rules, IDLE, feeds=feeds, **live)
        assert (now.state, now.confirmed) == ("idle", True)

    def test_a_live_file_that_does_not_follow(self, rules: dict[str, Any]) -> None:
        """A turn that began well after the file was last changed is going on."""
        feeds = {"hooks": (hook("UserPromptSubmit", 8),)}
        live: dict[str, Any] = {"live": {"status": "idle"}, "live_at": NOW - 60}
        assert reading(rules, feeds=feeds, **live).state == "working"

    def test_an_end_while_it_is_drawn_at_work(self, rules: dict[str, Any]) -> None:
        """What is drawn may be a second late, and not two."""
        just, before = ({"hooks": (hook("Stop", ago),)} for ago in (0.4, 2))
        assert reading(rules, BUSY, feeds=just).state == "idle"
        assert reading(rules, BUSY, feeds=before).state == "working"
        assert reading(rules, IDLE, feeds=before, title="⠂ x").state == "working"

    def test_an_error_and_its_end(self, rules: dict[str, Any]) -> None:
        """An error explains why it is quiet, with the time it ends, until a later turn."""
        limit = hook("StopFailure", 9, error="rate_limit", message="Limit · resets 11pm (UTC)")
        now = reading(rules, IDLE, feeds={"hooks": (limit,)})
        assert (now.state, now.detail, now.resets) == ("rate_limited", "Limit", "11pm (UTC)")
        assert now.resets_at == NOW + 15 * 3600
        again = {"hooks": (limit, hook("UserPromptSubmit", 5), hook("Stop", 2))}
        assert reading(rules, IDLE, feeds=again).state == "idle"

    def test_an_error_in_one_feed_and_the_end_in_another(self, rules: dict[str, Any]) -> None:
        """Both are of the same turn if they are of the same moment; else the later one speaks."""
        failed = (said(5, "Invalid key", failed=True),)
        same = reading(rules, IDLE, feeds={"hooks": (hook("Stop", 4.8),), "transcript": failed})
        assert (same.state, same.detail) == ("auth_failed", "Invalid key")
        later = {"hooks": (hook("Stop", 1),), "transcript": failed}
        assert reading(rules, IDLE, feeds=later).state == "idle"

    def test_a_time_on_the_screen(self, rules: dict[str, Any]) -> None:
        """A rule for the screen may say when a limit ends, too."""
        now = reading(rules, f"Invalid key, try again in 5m\n{IDLE}")
        assert (now.resets, now.resets_at) == ("in 5m", NOW + 300)

    def test_what_can_be_answered(self, rules: dict[str, Any]) -> None:
        """A dialog says what can be chosen, and only the answers that it offers."""
        now = reading(rules, DIALOG)
        wanted = ("Yes", "Yes, and always allow this", "No")
        assert now.options == tuple(Option(str(n), text) for n, text in enumerate(wanted, 1))
        assert now.answers == {"allow": "1", "always": "2", "deny": "Escape"}
        short = reading(rules, DIALOG.replace("   2. Yes, and always allow this\n", ""))
        assert short.answers == {"allow": "1", "deny": "Escape"}

    @given(
        st.lists(JSON, max_size=5),
        st.lists(JSON, max_size=5),
        st.sampled_from([None, IDLE, BUSY, DIALOG]),
    )
    def test_any_records(self, one: list[Any], other: list[Any], screen: str | None) -> None:
        """Whatever is written down, nothing raises, and a dialog on the screen is never idle."""
        rules = compile_rules(RULES, "test")
        feeds = {
            "hooks": [record for record in one if isinstance(record, dict)],
            "transcript": [record for record in other if isinstance(record, dict)],
        }
        found = seen(screen, feeds=feeds)
        now = read(found, rules)
        assert now.state in STATES
        assert screen != DIALOG or now.state == "waiting"
        assert now.context is None or 0 <= now.context <= 100
        assert len(explain(rules, found)) >= len(RULES.split("[[feed.")) - 1
        turns(rules, found)


class TestTurns:
    """Marks prove that a turn began and ended; the answer is what the agent said in it."""

    def test_marks_of_several_feeds(self, rules: dict[str, Any]) -> None:
        """They come in the order of time, with their texts and sources."""
        prompt = {"type": "user", "message": {"content": {"text": "go on"}}}
        feeds = {
            "hooks": (hook("UserPromptSubmit", 9, prompt="go on"), hook("Stop", 2)),
            "transcript": ({**prompt, "timestamp": NOW - 8.9}, said(2)),
        }
        found = turns(rules, seen(feeds=feeds))
        assert found.begun == (
            Mark(NOW - 9, "go on", "hooks"),
            Mark(NOW - 8.9, "go on", "transcript"),
        )
        assert found.ended == (Mark(NOW - 2, "", "hooks"),)

    def test_the_answer(self, rules: dict[str, Any]) -> None:
        """It is every text since the last prompt; another's words are none of it."""
        prompts = [{"type": "user", "message": {"content": {"text": f"prompt {n}"}}} for n in "12"]
        feeds = {
            "transcript": (
                prompts[0],
                said(9, "old"),
                prompts[1],
                said(5, "first"),
                said(4, "aside", side=True),
                said(3, " "),
                said(2, "second\n"),
            )
        }
        found = seen(feeds=feeds)
        assert turns(rules, found).answer == "first\n\nsecond"
        assert answer_to(rules, found, "prompt 1") == "old"
        assert answer_to(rules, found, "prompt 2, cut") == "first\n\nsecond"
        assert answer_to(rules, found, "another") == ""
        # A prompt that is no longer there may have been followed by more than is.
        assert turns(rules, seen(feeds={"transcript": feeds["transcript"][3:]})).answer == ""
        # Nothing was said in a session that was made since.
        past = [{**one, "timestamp": NOW - 700} for one in feeds["transcript"]]
        assert turns(rules, seen(feeds={"transcript": past})).answer == ""

    def test_nothing_known(self, rules: dict[str, Any]) -> None:
        """Without feeds, or without rules, there are no turns."""
        assert turns(rules, seen()) == turns(None, seen()) == ((), (), "")

    def test_another_launchs_turns(self, rules: dict[str, Any]) -> None:
        """What was before the session is no turn of it."""
        feeds = {"hooks": (hook("UserPromptSubmit", 700),)}
        assert turns(rules, seen(feeds=feeds)).begun == ()


class TestContext:
    """How full it is, always as used."""

    def _context(self, rules: dict[str, Any], screen: str = "", **feeds: Any) -> int | None:
        found = seen(screen, feeds=feeds)
        return context_of(rules, found, dict(parts_of(rules, found)))

    def test_counted_by_the_model(self, rules: dict[str, Any]) -> None:
        """The window is the one of the model, as the better source calls it."""
        used = {"message": {"usage": {"input": 40_000, "cached": 10_000}, "model": "big-1"}}
        assert self._context(rules, transcript=(used,)) == 25
        model = (hook("SessionStart", 9, model="big-1[1m]"),)
        assert self._context(rules, transcript=(used,), hooks=model) == 5

    def test_of_a_model_nobody_knows(self, rules: dict[str, Any]) -> None:
        """Without a window there is no percentage, unless the screen has one."""
        used = {"message": {"usage": {"input": 1}, "model": "other"}}
        assert self._context(rules, transcript=(used,)) is None
        assert self._context(rules, "Context: 30% left", transcript=(used,)) == 70


class TestExplaining:
    """Every rule for a feed says what became of it."""

    def test_each_outcome(self, rules: dict[str, Any]) -> None:
        """One spoke, one was too old, the others say what the last record has."""
        feeds = {"hooks": (hook("Stop", 9), hook("UserPromptSubmit", 5))}
        tried = {
            one.rule: one for one in explain(rules, seen(feeds=feeds)) if one.source == "hooks"
        }
        assert tried["begun"][-3:-1] == ("spoke", "5.0 seconds ago")
        assert tried["done"][-3:-1] == ("matched", "9.0 seconds ago; but begun spoke later")
        assert tried["asked"].outcome == "no"
        assert "event is 'UserPromptSubmit', not 'PermissionRequest'" in tried["asked"].why


BAD = [
    ('[[feed.x]]\nid = "a"\nstate = "idle"', "where, regex"),
    ('[[feed.x]]\nid = "a"\nstate = "tired"\nwhere = { a = 1 }', "'tired'"),
    ('[[feed.x]]\nid = "a"\nstate = "idle"\nwhere = 1', "is a table"),
    ('[[feed.x]]\nid = "a"\nstate = "idle"\nwhere = { a = 1 }\nwhen = "x"', "'when'"),
    ('[[feed.x]]\nid = "a"\nstate = "idle"\nregex = { a = "(" }', "regex"),
    ('[[feed.x]]\nid = "a"\nstate = "idle"\nwhere = { a = 1 }\nfades = "x"', "a number"),
    ("[feed]\nx = 1", "x: a list"),
    ('[follow]\ntranscript = "hooks"', "FEED:PATH"),
    ("[[turn.begin]]\nwhere = { a = 1 }", "needs feed"),
    ('[[turn.answer]]\nfeed = "x"\nwhere = { a = 1 }', "needs text"),
    ("[turn]\nmiddle = 1", "'middle'"),
    ('[[context]]\nfeed = "x"\nwhere = { a = 1 }', "needs used"),
    ('[[context]]\nsource = "screen"\nregex = "x"', "(?P<used>"),
    ('[[context]]\nsource = "live"\nregex = "x"', "'live'"),
    ('[options]\nregex = "x"', "(?P<text>"),
    ('[options]\nregex = "(?P<text>x)"\nrows = 1', "[options]"),
    ('[[screen]]\nid = "a"\nstate = "waiting"\nall = ["x"]\nanswers = { maybe = "1" }', "'maybe'"),
    ('[[screen]]\nid = "a"\nstate = "waiting"\nall = ["x"]\nanswers = { allow = "/" }', "'/'"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_bad_rules(text: str, said: str) -> None:
    """A rule that makes no sense is refused, saying what does not."""
    with pytest.raises(ConfigError) as refused:
        compile_rules(text, "bad")
    assert said in refused.value.message
