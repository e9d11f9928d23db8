"""`answer`: that very dialog is answered or nothing is pressed, and what came of it is proven."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.errors import ConfigError, PolicyError, RuntimeFailure
from tutti_core.model.happening import Action, Verdict
from tutti_core.model.reading import Option
from tutti_core.team import parting, pressing, writing
from tutti_core.team.answer import Answered, AnswerRequest, answer, question
from tutti_core.team.context import Context
from tutti_core.team.dialog import Dialog, Press, press_of
from tutti_core.team.trust import TrustRequest, trust
from tutti_core.team.up import UpRequest, up

RULES = """
[options]
region = "screen"
regex = '(?m)^[ ❯]*(?:(?P<key>\\d)\\. )?(?P<text>(?:Yes|No)\\b.*|Red|Blue|Say it|mine .*)$'

[[screen]]
id = "permission"
state = "waiting"
kind = "permission"
all = ["Do you want to proceed?"]
detail = "run it?"
answers = { allow = "/^Yes$", always = "/^Yes, and", deny = "Escape" }

[[screen]]
id = "question"
state = "waiting"
kind = "question"
region = "bottom:2"
regex = "Blue"
detail = "Which colour"
answers = {}

[[screen]]
id = "open"
state = "waiting"
kind = "question"
all = ["Which word?"]
answers = { text = "/^Say it$", deny = "Escape" }

[[screen]]
id = "trust"
state = "waiting"
kind = "trust"
all = ["trust this folder"]
answers = { allow = "/^Yes, I trust" }

[[screen]]
id = "folder"
state = "waiting"
kind = "trust"
all = ["Folder access"]
answers = { allow = "#/^Yes, go on$" }

[[screen]]
id = "odd"
state = "waiting"
kind = "dialog"
all = ["Press F13"]

[[screen]]
id = "idle"
state = "idle"
regex = "^>$"

[[screen]]
id = "busy"
state = "working"
regex = "^busy"
"""

ASKS = """head
────────────
 Bash command

  {command}

 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and always allow ls
   3. No
"""
ASKS_LESS = ASKS.replace("   2. Yes, and always allow ls\n   3. No", "   2. No")
COLOURS = """────────────
 Which colour?
 ❯ 1. Red
   2. Blue
"""
WORD = """────────────
 Which word?
 {red} 1. Red
 {own} 2. {words}
"""
TRUST = """────────────
 Do you trust this folder?
 {no} No, exit
 {yes} Yes, I trust this folder
"""


class Pane:
    """An agent's terminal: what it shows, and what a key makes of that.

    Attributes:
        pressed: Every key, in order.
        at: When the last one was, in seconds of the monotonic clock.
        keys: What becomes of the screen at a key; by default the dialog goes away.
        before: Called before each look.
    """

    def __init__(self, crew: Any) -> None:
        self.crew, self.pressed = crew, []  # type: tuple[Any, list[str]]
        self.at = 0.0
        self.keys: Callable[[str], str] = lambda _: "busy"
        self.before: Callable[[], None] = lambda: None

    def show(self, screen: str) -> None:
        self.crew.host.screen = screen

    def keys_while(self, pane: str, shows: Sequence[str], *names: str) -> bool:
        there = {" ".join(row.split()) for row in self.crew.host.screen.split("\n")}
        if not {" ".join(row.split()) for row in shows} <= there:
            return False
        self.at = time.monotonic()
        for name in names:
            self.pressed.append(name)
            self.show(self.keys(name))
        return True

    def paste_while(self, pane: str, shows: Sequence[str], text: str) -> bool:
        there = self.keys_while(pane, shows)
        if there:
            self.show(self.keys(f"paste {text}"))
        return there


@pytest.fixture
def pane(crew: Any, monkeypatch: pytest.MonkeyPatch) -> Pane:
    """One agent that runs, and its terminal."""
    found = Pane(crew)
    monkeypatch.setattr(type(crew.echo), "rules", lambda _: RULES)
    monkeypatch.setattr(crew.host, "keys_while", found.keys_while, raising=False)
    monkeypatch.setattr(crew.host, "paste_while", found.paste_while, raising=False)
    real = crew.host.capture

    def capture(panes: Sequence[str], **more: Any) -> Any:
        found.before()
        return real(panes, **more)

    monkeypatch.setattr(crew.host, "capture", capture)
    monkeypatch.setattr(pressing, "STILL_SECS", 0.0)
    monkeypatch.setattr(pressing, "REST_SECS", 0.2)
    monkeypatch.setattr(pressing, "MOVE_SECS", 0.2)
    monkeypatch.setattr(pressing, "AGAIN_SECS", 0.1)
    monkeypatch.setattr(writing, "SHOW_SECS", 0.3)
    monkeypatch.setattr(parting, "PROOF_SECS", 0.6)
    monkeypatch.setattr(parting, "LOOK_SECS", 0.02)
    return found


@pytest.fixture
def context(crew: Any, pane: Pane) -> Context:
    """The workspace, with its agent up."""
    made: Context = crew.context("one")
    up(made, UpRequest())
    return made


def given_to(context: Context, said: str, **more: Any) -> Answered:
    """Answer what the agent asks."""
    return answer(context, AnswerRequest("one", said, **more))


@pytest.mark.parametrize(
    ("said", "keys", "option"),
    [
        ("allow", ["1"], "Yes"),
        ("always", ["2"], "Yes, and always allow ls"),
        ("deny", ["Escape"], ""),
        ("3", ["3"], "No"),
        ("no", ["3"], "No"),
        ("yes, and", ["2"], "Yes, and always allow ls"),
    ],
)
def test_an_answer_presses_its_key_once(
    context: Context, pane: Pane, said: str, keys: list[str], option: str
) -> None:
    """By meaning, by the key of a choice or by its text; and the dialog was seen to go away."""
    pane.show(ASKS.format(command="ls"))
    told = given_to(context, said)
    assert (told.outcome, told.evidence) == ("answered", "screen says working")
    assert (pane.pressed, told.option, list(told.keys)) == (keys, option, keys)
    assert (told.kind, told.question) == ("permission", "run it?")
    assert [row.strip() for row in told.shown] == ["Bash command", "ls", "Do you want to proceed?"]


def test_who_answered_what_is_written_down(context: Context, pane: Pane, crew: Any) -> None:
    """By name, with the choice; and whether an agent did it or a person."""
    pane.show(ASKS.format(command="ls"))
    given_to(context, "always")
    (event,) = [one for one in context.journal.read() if one["event"] == "agent.answered"]
    assert event["agent"] == "one"
    data = event["data"]
    assert (data["answer"], data["option"]) == ("always", "Yes, and always allow ls")
    assert data["by"].startswith("user:")


def test_an_agent_that_answers_for_another_is_named(
    context: Context, pane: Pane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who gives itself permissions is found in the journal."""
    monkeypatch.setenv("TUTTI_AGENT", "boss")
    pane.show(ASKS.format(command="ls"))
    assert given_to(context, "allow").by == "agent:boss"


def test_what_a_dialog_has_not_is_refused_with_what_it_has(context: Context, pane: Pane) -> None:
    """The key of another answer is never taken for it."""
    pane.show(ASKS_LESS.format(command="ls"))
    told = given_to(context, "always")
    assert (told.outcome, pane.pressed) == ("refused", [])
    assert told.evidence == "it has no answer 'always'; there is allow, deny; 1: Yes; 2: No"


@pytest.mark.parametrize(
    ("screen", "why"),
    [
        (">", "it asks nothing: it is idle"),
        ("busy", "it asks nothing: it is working"),
        ("Press F13", "it has no answer 'allow': nobody knows how to answer it"),
        (COLOURS, "it has no answer 'allow'; there is 1: Red; 2: Blue"),
        (TRUST.format(no="❯", yes=" "), "it asks for trust (trust this folder)"),
    ],
)
def test_where_nothing_is_known_to_answer_nothing_is_pressed(
    context: Context, pane: Pane, screen: str, why: str
) -> None:
    """Not into the composer, not into a dialog of another kind."""
    pane.show(screen)
    told = given_to(context, "allow")
    assert (told.outcome, told.evidence, pane.pressed) == ("refused", why, [])
    assert told.hint


def test_a_question_is_answered_by_its_choices(context: Context, pane: Pane) -> None:
    """By number or by text; all of it is shown, however little of it the rule looks at."""
    pane.show(COLOURS)
    told = given_to(context, "blue")
    assert (told.keys, told.shown) == (("2",), (" Which colour?",))
    assert pane.pressed == ["2"]


def test_a_question_is_answered_in_ones_own_words(context: Context, pane: Pane) -> None:
    """Its row is gone to, the words are seen to stand there, and only then is Enter pressed."""
    pane.show(WORD.format(red="❯", own=" ", words="Say it"))
    pane.keys = {
        "2": WORD.format(red=" ", own="❯", words="Say it"),
        "paste mine own": WORD.format(red=" ", own="❯", words="mine own"),
        "Enter": "busy",
    }.__getitem__
    told = given_to(context, "", text="mine own")
    assert (told.outcome, told.answer, told.keys) == ("answered", "text", ("Enter",))
    assert pane.pressed == ["2", "Enter"]
    assert told.said is None


@pytest.mark.parametrize(
    ("screen", "words", "why"),
    [
        (WORD, "two\nlines", "an answer in one's own words has one line"),
        (COLOURS, "mine own", "it takes no words of one's own; there is 1: Red; 2: Blue"),
    ],
)
def test_words_that_have_no_place_are_refused(
    context: Context, pane: Pane, screen: str, words: str, why: str
) -> None:
    """Nothing is pressed; and the choice that takes words is not made without any."""
    pane.show(screen.format(red="❯", own=" ", words="Say it"))
    told = given_to(context, "", text=words)
    assert (told.outcome, told.evidence, pane.pressed) == ("refused", why, [])
    if screen == WORD:
        assert given_to(context, "2").evidence == "that choice takes words"


@pytest.mark.parametrize("other", [ASKS.format(command="ls"), COLOURS, "busy"])
def test_words_go_into_no_other_dialog(
    context: Context, pane: Pane, crew: Any, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """Nor is Enter pressed where they do not stand alone in their row."""
    marked = WORD.format(red=" ", own="❯", words="Say it")
    pane.show(marked)
    pane.keys = lambda key: other
    assert given_to(context, "", text="mine own").outcome == "refused"
    assert pane.pressed == []

    def late(where: str, shows: Sequence[str], text: str) -> bool:
        pane.show(other)
        return pane.paste_while(where, shows, text)

    pane.show(marked)
    pane.keys = lambda key: pytest.fail(f"{key} reached another dialog")
    monkeypatch.setattr(crew.host, "paste_while", late)
    assert given_to(context, "", text="mine own").outcome == "refused"


def test_an_agent_that_does_not_run_cannot_be_answered(context: Context, crew: Any) -> None:
    """Nor one that is nobody's."""
    crew.host.made.clear()
    with pytest.raises(RuntimeFailure, match="one is not running"):
        given_to(context, "allow")
    with pytest.raises(ConfigError, match="no agent"):
        answer(context, AnswerRequest("two", "allow"))


def becomes(pane: Pane, screen: str, after: int) -> None:
    """Let the screen be another one at a look."""
    looks = [0]

    def before() -> None:
        looks[0] += 1
        if looks[0] == after:
            pane.show(screen)

    pane.before = before


@pytest.mark.parametrize(
    "other",
    [
        ASKS.format(command="rm -rf /"),
        ASKS_LESS.format(command="ls"),
        COLOURS,
        TRUST.format(no="❯", yes=" "),
        ">",
        "busy",
    ],
)
def test_another_dialog_in_between_is_not_answered(
    context: Context, pane: Pane, other: str
) -> None:
    """Not even one of the same kind with the same choices; nor does the key reach the composer."""
    pane.show(ASKS.format(command="ls"))
    becomes(pane, other, after=2)
    told = given_to(context, "allow")
    assert (told.outcome, pane.pressed) == ("refused", [])
    assert told.evidence.startswith("the dialog changed in between: ")


def test_another_dialog_after_the_last_look_is_not_answered(
    context: Context, pane: Pane, monkeypatch: pytest.MonkeyPatch, crew: Any
) -> None:
    """The terminal itself looks before it passes a key on."""
    pane.show(ASKS.format(command="ls"))

    def late(where: str, shows: Sequence[str], *names: str) -> bool:
        pane.show(ASKS.format(command="rm -rf /"))
        return pane.keys_while(where, shows, *names)

    monkeypatch.setattr(crew.host, "keys_while", late)
    told = given_to(context, "allow")
    assert (told.outcome, pane.pressed) == ("refused", [])


def test_a_dialog_that_stays_was_not_answered(context: Context, pane: Pane) -> None:
    """And nothing is pressed again: it might answer the next one."""
    pane.show(ASKS.format(command="ls"))
    pane.keys = lambda _: ASKS.format(command="ls")
    told = given_to(context, "allow")
    assert (told.outcome, told.evidence) == ("unanswered", "the dialog is still there")
    assert pane.pressed == ["1"]


@pytest.mark.parametrize(
    ("unread", "presses"), [([0], 3), ([1], 1), ([None], 1), ([1, 1, 0, 1], 2)]
)
def test_what_was_provably_dropped_is_pressed_again(
    context: Context,
    pane: Pane,
    crew: Any,
    monkeypatch: pytest.MonkeyPatch,
    unread: list[int | None],
    presses: int,
) -> None:
    """Nothing of it waits to be read: then a few times, and never where nobody can say."""
    told = iter([*unread, *[unread[-1]] * 1000])
    monkeypatch.setattr(crew.host, "unread", lambda _: next(told), raising=False)
    pane.show(ASKS.format(command="ls"))
    pane.keys = lambda _: ASKS.format(command="ls")
    answered = given_to(context, "allow")
    assert (answered.outcome, answered.presses) == ("unanswered", presses)
    assert pane.pressed == ["1"] * presses


@pytest.mark.parametrize("other", [ASKS.format(command="pwd"), COLOURS, "busy", ">"])
def test_nothing_is_pressed_again_once_anything_else_was_there(
    context: Context, pane: Pane, crew: Any, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """Though the same dialog is back: it may be the next one, with the same words."""
    monkeypatch.setattr(crew.host, "unread", lambda _: 0, raising=False)
    asked = ASKS.format(command="ls")
    pane.show(asked)
    screens = iter([other, *[asked] * 1000])
    pane.keys = lambda _: asked

    def before() -> None:
        if pane.pressed:
            pane.show(next(screens))

    pane.before = before
    assert given_to(context, "allow").outcome == "unanswered"
    assert pane.pressed == ["1"]


def test_a_dialog_must_have_stood_for_a_while(
    context: Context, pane: Pane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing moved in it: some let drop what comes as they are drawn."""
    monkeypatch.setattr(pressing, "STILL_SECS", 0.3)
    monkeypatch.setattr(pressing, "REST_SECS", 30.0)
    asked = ASKS.format(command="ls")
    pane.show(asked)
    moved: list[float] = []

    def before() -> None:
        if len(moved) < 4:
            pane.show(asked.replace(*(" ❯ 1.", "   1.") if len(moved) % 2 else ("❯", "❯")))
            moved.append(time.monotonic())

    pane.before = before
    assert given_to(context, "allow").outcome == "answered"
    assert pane.at - moved[-1] >= 0.3


def test_a_clock_beside_a_dialog_does_not_keep_it_from_being_answered(
    context: Context, pane: Pane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is what it was, and its rows are those of the last look."""
    monkeypatch.setattr(pressing, "STILL_SECS", 0.1)
    ticks = itertools.count()

    def before() -> None:
        if not pane.pressed:
            pane.show(f"{ASKS.format(command='ls')} waiting for {next(ticks)}s\n")

    pane.before = before
    assert given_to(context, "allow").outcome == "answered"


def test_the_next_dialog_shows_that_the_one_before_is_gone(context: Context, pane: Pane) -> None:
    """Also where it has the same choices."""
    pane.show(ASKS.format(command="ls"))
    pane.keys = lambda _: ASKS.format(command="pwd")
    told = given_to(context, "allow")
    assert (told.outcome, told.evidence) == ("answered", "another one is there: run it?")


def test_a_screen_that_is_half_redrawn_proves_nothing(context: Context, pane: Pane) -> None:
    """What is gone for one look and there again was not answered."""
    pane.show(ASKS.format(command="ls"))
    pane.keys = lambda _: ""
    becomes(pane, ASKS.format(command="ls"), after=4)
    assert given_to(context, "allow").outcome == "unanswered"


def test_a_process_that_ends_proves_nothing(context: Context, pane: Pane, crew: Any) -> None:
    """It may have been the answer, or something else."""
    pane.show(ASKS.format(command="ls"))

    def dies(_: str) -> str:
        crew.host.dies("one")
        return ""

    pane.keys = dies
    told = given_to(context, "allow")
    assert (told.outcome, told.evidence) == ("unknown", "it ended (exit status 7)")


def test_only_the_dialog_that_is_meant(context: Context, pane: Pane) -> None:
    """Whoever saw one dialog does not answer the next one."""
    pane.show(ASKS.format(command="ls"))
    shown = question(context, "one")
    pane.show(ASKS.format(command="rm -rf /"))
    told = given_to(context, "allow", dialog=shown.dialog)
    assert (told.outcome, pane.pressed) == ("refused", [])
    assert "it shows another dialog by now" in told.evidence
    pane.show(ASKS.format(command="ls"))
    assert given_to(context, "allow", dialog=shown.dialog).outcome == "answered"


def test_a_dry_run_presses_nothing_and_writes_nothing(context: Context, pane: Pane) -> None:
    """It says what would be pressed."""
    pane.show(ASKS.format(command="ls"))
    before = [*context.journal.read()]
    told = given_to(context, "always", dry_run=True)
    assert (told.outcome, told.keys, pane.pressed) == ("possible", ("2",), [])
    assert [*context.journal.read()] == before


def test_a_guard_is_asked_and_heard(context: Context, pane: Pane, crew: Any) -> None:
    """With the question, the answer and who gives it; a refusal presses nothing."""
    asked: list[Action] = []

    def guard(action: Action) -> Verdict:
        asked.append(action)
        return Verdict("refuse", "policy", reason="not that", remedy="ask")

    crew.add("policy", tutti_guard=guard)
    pane.show(ASKS.format(command="rm -rf /"))
    with pytest.raises(PolicyError, match="policy: not that"):
        given_to(context, "allow")
    assert pane.pressed == []
    (action,) = asked
    assert (action.name, action.data["answer"]) == ("answer", "allow")
    assert "rm -rf /" in action.data["shown"]


def test_two_at_once_answer_once(context: Context, pane: Pane) -> None:
    """The other one is refused: what it would answer is gone."""
    pane.show(ASKS.format(command="ls"))
    told: list[Answered] = []
    ready = threading.Barrier(2)
    looks = threading.local()

    def before() -> None:
        if not getattr(looks, "met", False):
            looks.met = True
            ready.wait(10)

    pane.before = before
    jobs = [threading.Thread(target=lambda: told.append(given_to(context, "allow"))) for _ in "ab"]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(30)
    assert sorted(one.outcome for one in told) == ["answered", "refused"]
    assert pane.pressed == ["1"]


def test_trust_is_given_by_name_only(context: Context, pane: Pane) -> None:
    """The choice has no key of its own: it is gone to, and Enter is pressed once it is marked."""
    pane.show(TRUST.format(no="❯", yes=" "))
    pane.keys = lambda key: TRUST.format(no=" ", yes="❯") if key == "Down" else "busy"
    told = trust(context, TrustRequest("one"))
    assert (told.outcome, told.option) == ("answered", "Yes, I trust this folder")
    assert pane.pressed == ["Down", "Enter"]


def test_trust_is_not_given_where_the_mark_does_not_move(context: Context, pane: Pane) -> None:
    """Enter would take the choice that is marked, and that is another one."""
    pane.show(TRUST.format(no="❯", yes=" "))
    pane.keys = lambda _: TRUST.format(no="❯", yes=" ")
    told = trust(context, TrustRequest("one"))
    assert (told.outcome, "Enter" in pane.pressed) == ("refused", False)


def test_a_key_that_only_marks_is_not_relied_upon(context: Context, pane: Pane) -> None:
    """The choice is gone to, and Enter is pressed once it is marked."""
    pane.show("Folder access\n ❯ 1. Yes, go on\n   2. No, back\n")
    told = trust(context, TrustRequest("one"))
    assert (told.outcome, pane.pressed) == ("answered", ["Enter"])


def test_trust_answers_nothing_else(context: Context, pane: Pane) -> None:
    """A permission is not given by it."""
    pane.show(ASKS.format(command="ls"))
    told = trust(context, TrustRequest("one"))
    assert (told.outcome, pane.pressed) == ("refused", [])


OPTIONS = st.lists(
    st.builds(Option, st.sampled_from(["", "1", "2", "3", "y", "n"]), st.text(max_size=12)),
    max_size=5,
)
KEYS = st.dictionaries(
    st.sampled_from(["allow", "always", "deny"]), st.sampled_from(["1", "Escape", "y Enter"])
)


@given(OPTIONS, KEYS, st.text(max_size=12))
def test_any_answer_is_a_key_of_the_dialog_or_none(
    options: list[Option], keys: dict[str, str], said: str
) -> None:
    """Whatever is said: what is pressed stands in the rules or in front of a choice."""
    dialog = Dialog("%1", 0.0, "r", "permission", "?", tuple(options), keys, "", ())
    press = press_of(dialog, said)
    assert isinstance(press, (Press, str))
    if isinstance(press, Press):
        known = {tuple(one.split()) for one in keys.values()} | {(one.key,) for one in options}
        assert press.keys in known or press.walk is not None
    assert attrs.has(Answered)
