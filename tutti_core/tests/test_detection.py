"""From screens to readings: rules say what they saw, and the judge never guesses."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.detection.composer import draft, ours
from tutti_core.detection.evidence import gather, matched
from tutti_core.detection.judge import judge
from tutti_core.detection.regions import COUNTED, REGIONS, Parts, rows_of
from tutti_core.detection.rulefile import compile_rules
from tutti_core.errors import ConfigError
from tutti_core.model.reading import STATES, Evidence, Observation, Screen

LINE = "─" * 60
SCREEN = f"""
● earlier answer
  ⎿  Invalid API key · Fix it

❯ go on

● a newer answer

{LINE}
❯ half a draft
{LINE}
  ? for shortcuts

"""

DIALOG = f"""
● earlier answer

{LINE}
 Do you want to proceed?
 ❯ 1. Yes
   2. No

 Esc to cancel
"""

MARKS = {"turn": r"(?m)^❯ ", "block": r"(?:\A|(?<=\n\n))[❯●] "}

RULES = """
[live]
state = "status"
since = "at"
pid = "pid"
states = { busy = "working", idle = "idle", waiting = "waiting" }
missing = "starting"
kind = "for"
kinds = { "permission prompt" = "permission" }

[composer]
region = "composer"
prompt = "^❯ ?"

[marks]
turn = "(?m)^❯ "

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

[[screen]]
id = "retry"
state = "provider_down"
region = "since:turn"
all = ["Retrying"]
priority = 20

[[screen]]
id = "bad-key"
state = "auth_failed"
region = "since:turn"
regex = "(?m)⎿ +(?P<detail>Invalid API key.*)$"

[[screen]]
id = "quiet"
state = "idle"
region = "footer"
any = ["? for shortcuts"]
"""


TYPED = f"> go\n\nan answer\n{LINE}\na.py\n> one\n> two"
HANGING = """\
› go on

● an answer

› one

  two

  a model · a folder
  ? for shortcuts
"""


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    """Return the rules above, compiled."""
    return compile_rules(RULES, "test")


def seen(screen: str | None = None, **more: Any) -> Observation:
    """Return an observation of a living agent."""
    given = {"session": True, "alive": True, "started": 0.0, **more}
    return Observation(
        1000.0, "test", screen=Screen(screen) if screen is not None else None, **given
    )


def parts(screen: str = SCREEN, prompt: str = "^❯") -> Parts:
    """Return the regions of a screen."""
    return Parts(rows_of(screen), {"prompt": prompt}, MARKS)


class TestRegions:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("composer", "❯ half a draft"),
            ("footer", "  ? for shortcuts"),
            ("below_rule", "  ? for shortcuts"),
            ("tail:1", "● a newer answer"),
            ("tail:2", "❯ go on\n● a newer answer"),
            ("bottom:2", f"{LINE}\n  ? for shortcuts"),
            ("modal:3", ""),
            ("since:turn", "❯ go on\n\n● a newer answer\n"),
            ("since:block", "● a newer answer\n"),
        ],
    )
    def test_a_region_is_a_part_of_the_screen(self, name: str, text: str) -> None:
        """Each region holds just what its name says."""
        assert parts().region(name) == text

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("composer", ""),
            ("footer", ""),
            ("since:turn", ""),
            ("modal:2", "   2. No\n Esc to cancel"),
            ("below_rule", " Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel"),
        ],
    )
    def test_a_dialog_takes_the_place_of_the_composer(self, name: str, text: str) -> None:
        """Where no composer is, there is neither a footer nor an end of the conversation."""
        assert parts(DIALOG).region(name) == text

    def test_two_rules_alone_are_no_composer(self) -> None:
        """What stands between them must begin as a composer does."""
        screen = f"● x\n{LINE}\n ☐ Colour\n ❯ 1. Red\n{LINE}\n   2. Chat about this\n"
        assert parts(screen).region("composer") == ""
        assert parts(screen).region("modal:1") == "   2. Chat about this"
        assert parts(screen, prompt="").region("composer") == " ☐ Colour\n ❯ 1. Red"

    def test_a_quoted_rule_is_no_rule(self) -> None:
        """Lines in an answer or a draft are indented, and make no composer of what is quoted."""
        screen = f"● see\n\n  {LINE}\n  ❯\n  {LINE}\n\n{LINE}\n❯ see\n  {LINE}\n  below\n{LINE}\n"
        assert parts(screen).region("composer") == f"❯ see\n  {LINE}\n  below"

    def test_what_scrolled_off_leaves_all_that_is_seen(self) -> None:
        """When the beginning of the newest part is above the screen, the screen is that part."""
        screen = f"  of a long answer\n\n  and its end\n{LINE}\n❯\n{LINE}\n"
        assert parts(screen).region("since:turn") == "  of a long answer\n\n  and its end"

    @pytest.mark.parametrize(
        ("screen", "name", "text"),
        [
            (HANGING, "composer", "› one\n\n  two"),
            (HANGING, "footer", "  a model · a folder\n  ? for shortcuts"),
            (HANGING, "since:block", "● an answer"),
            (HANGING, "modal", ""),
            ("› one\n  two\n", "composer", "› one\n  two"),
            ("› one\n  two\n", "tail", ""),
            ("› go\n\n● on\n", "composer", ""),
            ("› go\n\n› 1. Yes\n  2. No\n", "composer", ""),
            ("› go\n\n› 1. Yes\n  2. No\n", "modal:1", "  2. No"),
        ],
    )
    def test_a_composer_may_hang(self, screen: str, name: str, text: str) -> None:
        """Without rules it is the last text at the left edge, if that begins as a composer does."""
        found = Parts(rows_of(screen), {"prompt": r"^›(?! \d\.)", "hanging": True}, MARKS)
        assert found.region(name) == text

    @pytest.mark.parametrize(
        ("screen", "cursor", "name", "text"),
        [
            (TYPED, 6, "composer", "a.py\n> one\n> two"),
            (TYPED, 5, "composer", "a.py\n> one"),
            (TYPED, 6, "since:turn", "> go\n\nan answer"),
            (TYPED, 6, "modal", ""),
            (TYPED, 7, "composer", ""),
            (TYPED, None, "composer", ""),
            (TYPED, None, "modal:1", "> two"),
            (TYPED, 7, "cursor:2", "> two\n"),
            (TYPED, None, "cursor:2", ""),
            ("> one\n> two", 1, "composer", "> one\n> two"),
            (f"{LINE}\n> sent\n\n> quoted", 3, "composer", ""),
            (f"{LINE}\nan answer", 1, "composer", ""),
        ],
    )
    def test_a_composer_may_be_where_the_cursor_is(
        self, screen: str, cursor: int | None, name: str, text: str
    ) -> None:
        """Under a rule, with no blank row between; no cursor is shown where nothing is typed."""
        look = {"prompt": "(?m)^>(?: |$)", "cursor": True}
        found = Parts(rows_of(screen), look, {"turn": "(?m)^> go"}, cursor)
        assert found.region(name) == text

    def test_without_a_composer_the_tail_is_the_end(self) -> None:
        """A program that draws no lines is read from its last rows."""
        assert parts("one\n\ntwo\n\n").region("tail:1") == "two"
        assert parts("one\n\ntwo\n\n").region("modal") == "one\ntwo"

    def test_blanks_that_do_not_break_are_blanks(self) -> None:
        """Whether a version draws the one or the other makes no difference."""
        assert rows_of("❯\xa0go\n  ⎿ \xa0done\xa0\n\n") == ["❯ go", "  ⎿  done"]

    @given(
        st.text(),
        st.sampled_from(sorted(REGIONS)),
        st.integers(0, 9),
        st.none() | st.integers(0, 9),
        st.sampled_from(["", "hanging", "cursor"]),
    )
    def test_no_screen_breaks_a_region(
        self, text: str, name: str, count: int, cursor: int | None, drawn: str
    ) -> None:
        """Whatever is on the screen and wherever the cursor is, a region is made of its rows."""
        more = "turn" if name == "since" else str(count) if name in COUNTED else ""
        rows = rows_of(text)
        found = Parts(rows, {"prompt": "(?m)^", drawn: True}, MARKS, cursor)
        assert set(found.region(f"{name}:{more}").split("\n")) <= {*rows, ""}


class TestRules:
    def test_an_old_error_further_up_is_not_a_state(self, rules: dict[str, Any]) -> None:
        """Only the newest lines of a conversation can say why it stopped."""
        states = [one.state for one in gather(rules, seen(SCREEN))]
        assert states == ["idle"]

    def test_the_newest_error_is(self, rules: dict[str, Any]) -> None:
        """An error in the last turn is found, with its own words, whatever stands below it."""
        rest = "\n\n✻ Worked for 1s\n\n  a notice\n  of three\n  rows\n"
        screen = f"❯ x\n  ⎿  Invalid API key · Fix it{rest}{LINE}\n❯\n{LINE}\n"
        (found,) = gather(rules, seen(screen))
        assert (found.state, found.detail) == ("auth_failed", "Invalid API key · Fix it")

    def test_words_are_all_any_and_none(self) -> None:
        """A rule holds when all, one and none of its words are there."""
        rule = {"id": "x", "state": "idle", "all": ["a", "b"], "any": ["c", "d"], "none": ["e"]}
        assert matched(rule, Parts(["a b c"])) == "c"
        assert matched(rule, Parts(["a c"])) is None
        assert matched(rule, Parts(["a b"])) is None
        assert matched(rule, Parts(["a b c e"])) is None

    def test_a_box_is_no_part_of_what_it_says(self) -> None:
        """Borders around a wrapped question are left out of its words."""
        rule = {"id": "x", "state": "waiting", "regex": r"(?P<detail>Do you [^?]+\?)"}
        assert matched(rule, Parts(["│ Do you want │", "│ to go? │"])) == "Do you want to go?"

    def test_a_dialog_has_a_priority_unless_it_says_another(self, rules: dict[str, Any]) -> None:
        """Only what waits is loud by itself; the order among the loud can be said."""
        loud = {rule["id"]: rule["priority"] for rule in rules["screen"]}
        assert loud == {"permission": 50, "retry": 20, "bad-key": 0, "quiet": 0}
        text = "[[screen]]\nid = 'x'\nstate = 'waiting'\nall = ['x']\npriority = 30"
        assert compile_rules(text, "x")["screen"][0]["priority"] == 30

    def test_a_file_that_says_nothing_yet_is_a_start(self, rules: dict[str, Any]) -> None:
        """A young agent whose file lacks the word is starting; an old one is not."""
        young = gather(rules, seen(live={"pid": 1}, started=999.0))
        assert [(one.state, one.source) for one in young] == [("starting", "live")]
        assert gather(rules, seen(live={"pid": 1}, started=10.0)) == []
        assert gather(rules, seen(live={"status": "dancing"}, started=999.0)) == []

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("[[screen]]\nstate = 'idle'\nall = ['x']", "needs an id"),
            ("[[screen]]\nid = 'x'\nstate = 'busy'\nall = ['x']", "'busy' is none of"),
            ("[[screen]]\nid = 'x'\nstate = 'idle'", "needs at least one of"),
            ("[[screen]]\nid = 'x'\nstate = 'idle'\nregex = '('", "regex: "),
            ("[[screen]]\nid = 'x'\nstate = 'idle'\nal = ['x']", "knows no key"),
            ("[[screen]]\nid = 'x'\nstate = 'idle'\nall = ['x']\nregion = 'middle'", "'middle'"),
            ("[[screen]]\nid = 'x'\nstate = 'idle'\nall = ['x']\nregion = 'since:a'", "mark: 'a'"),
            (
                "[[screen]]\nid = 'x'\nstate = 'idle'\nall = ['x']\nregion = 'tail:a'",
                "takes no 'a'",
            ),
            ("[[screen]]\nid = 'x'\nstate = 'idle'\nall = ['x']\nregion = 'footer:2'", "no '2'"),
            ("[[screen]]\nid = 'x'\nstate = 'idle'\nall = ['x']\npriority = 'high'", "'high'"),
            ("[composer]\nprompt = '>'\ncursor = 'yes'", "cursor is true or false"),
            ("[marks]\nturn = '('", "mark 'turn'"),
            ("[marks]\nturn = 3", "mark 'turn'"),
            ("[live]\nstate = 's'\nstates = {}\nmissing = 'gone'", "'gone' is none of"),
            ("[[screens]]\nid = 'x'", "unknown part 'screens'"),
            ("[live]\nstate = 's'", "needs state and states"),
            ("not toml", "rules of bad"),
        ],
    )
    def test_a_senseless_rule_is_refused(self, text: str, complaint: str) -> None:
        """A rule file says what is wrong with it before it is ever used."""
        with pytest.raises(ConfigError, match="of bad") as caught:
            compile_rules(text, "bad")
        assert complaint in caught.value.message

    @given(st.text(), st.text(), st.dictionaries(st.text(), st.text() | st.integers()))
    def test_nothing_seen_makes_them_raise(
        self, screen: str, title: str, live: dict[str, Any]
    ) -> None:
        """Rules are read over anything, and name only known states."""
        found = gather(compile_rules(RULES, "test"), seen(screen, title=title, live=live))
        assert {one.state for one in found} <= set(STATES)


class TestJudging:
    def test_no_session_is_stopped(self) -> None:
        """What is not there is stopped, whatever was seen before."""
        assert judge(Observation(0.0, "x", session=False), []).state == "stopped"

    def test_a_dead_process_has_exited(self) -> None:
        """Death outranks what the last screen says, and tells its exit status."""
        reading = judge(seen(alive=False, exit_status=3), [Evidence("screen", "working")])
        assert (reading.state, reading.detail) == ("exited", "exit status 3")

    def test_priority_outranks_everything_that_lives(self) -> None:
        """Keys would answer a dialog, so nothing else may be said."""
        dialog = Evidence("screen", "waiting", "permission", priority=50)
        reading = judge(seen(), [Evidence("live", "working"), dialog])
        assert (reading.state, reading.kind) == ("waiting", "permission")

    def test_the_highest_priority_decides(self) -> None:
        """A dialog that is recognised says more than the file, and the file more than a guess."""
        file = Evidence("live", "waiting", "permission", priority=40)
        known = Evidence("screen", "waiting", "question", priority=50)
        some = Evidence("screen", "waiting", "dialog", priority=30)
        assert judge(seen(), [file, known]).kind == "question"
        assert judge(seen(), [file, some]).kind == "permission"

    def test_what_is_tried_again_is_an_error(self, rules: dict[str, Any]) -> None:
        """A retry is said with a priority, and outranks the file that says busy."""
        screen = f"❯ x\n\n✻ API error · Retrying in 2s\n{LINE}\n❯\n{LINE}\n"
        given = seen(screen, live={"status": "busy"}, live_at=990.0)
        reading = judge(given, gather(rules, given))
        assert (reading.state, reading.since) == ("provider_down", 990.0)

    def test_work_outranks_an_error_on_the_screen(self) -> None:
        """An error without a priority is not the last word of an agent that works."""
        evidence = [Evidence("screen", "rate_limited"), Evidence("live", "working")]
        assert judge(seen(), evidence).state == "working"

    def test_what_cannot_be_known_is_said_of_a_quiet_agent_only(self) -> None:
        """A screen that shows something else hides whether it is idle, not that it works."""
        hidden = Evidence("screen", "unknown", detail="its transcript is shown")
        reading = judge(seen(), [Evidence("live", "idle"), hidden])
        assert (reading.state, reading.detail) == ("unknown", "its transcript is shown")
        assert judge(seen(), [Evidence("live", "working"), hidden]).state == "working"

    def test_an_error_is_as_old_as_the_quiet_it_explains(self) -> None:
        """The file knows when a failed turn ended; of anything else the screen tells no age."""
        file = Evidence("live", "idle", age=4.0)
        assert judge(seen(), [file, Evidence("screen", "auth_failed")]).since == 996.0
        dialog = Evidence("screen", "waiting", priority=50)
        assert judge(seen(), [file, dialog]).since is None

    def test_an_error_explains_why_it_is_quiet(self) -> None:
        """Idle after a failure is the failure."""
        evidence = [Evidence("live", "idle"), Evidence("screen", "auth_failed", detail="401")]
        reading = judge(seen(), evidence)
        assert (reading.state, reading.status) == ("auth_failed", "Auth Failed: 401")

    def test_its_own_word_outranks_the_screen(self) -> None:
        """A screen that looks busy is not, when the program says it is idle."""
        evidence = [Evidence("screen", "working"), Evidence("live", "idle")]
        assert judge(seen(), evidence).state == "idle"

    def test_weak_evidence_speaks_only_when_nobody_else_does(self) -> None:
        """A hint from a strong source yields to a plain word from a weak one."""
        hint = Evidence("title", "idle", confidence=0.5)
        assert judge(seen(), [hint, Evidence("screen", "working")]).state == "working"
        assert judge(seen(), [hint]).state == "idle"

    def test_idle_by_the_screen_alone_is_unconfirmed(self) -> None:
        """Only the program's own word makes idle certain at once."""
        assert not judge(seen(), [Evidence("screen", "idle")]).confirmed
        assert judge(seen(), [Evidence("live", "idle")]).confirmed
        assert judge(seen(), [Evidence("screen", "working")]).confirmed

    def test_silence_is_starting_at_first_and_unknown_later(self) -> None:
        """No source means no guess."""
        assert judge(seen(started=990.0), []).state == "starting"
        assert judge(seen(started=10.0), []).state == "unknown"

    @given(
        st.lists(
            st.builds(
                Evidence,
                st.sampled_from(["live", "title", "screen", "other"]),
                st.sampled_from(STATES),
                confidence=st.floats(0, 1),
                priority=st.integers(max_value=29),
            )
        )
    )
    def test_a_waiting_screen_is_never_idle(self, evidence: list[Evidence]) -> None:
        """Whatever else speaks, a dialog on the screen is reported."""
        dialog = Evidence("screen", "waiting", "dialog", priority=30)
        reading = judge(seen(), [*evidence, dialog])
        assert reading.state == "waiting"


class TestComposer:
    RULES: ClassVar = {"region": "composer", "prompt": "^❯ ?"}

    def test_a_draft_is_what_somebody_typed(self) -> None:
        """Text behind the prompt is a draft."""
        assert draft(SCREEN, self.RULES) == "half a draft"

    def test_dim_text_is_nobodys_draft(self) -> None:
        """A suggestion is drawn dim and does not count."""
        screen = f"{LINE}\n❯ \x1b[2mTry something\x1b[0m\n{LINE}\n"
        assert draft(screen, self.RULES) == ""

    def test_a_hanging_composer_has_a_draft_too(self) -> None:
        """What stands under it is no part of the draft, and a dialog's choice is none."""
        rules = {"prompt": r"^›(?: (?!\d\.)|(?=\n|\Z))", "hanging": True}
        assert draft(HANGING, rules) == "one two"
        assert draft("● go\n\n› \x1b[2mAsk me\x1b[0m\n\n  a model\n", rules) == ""
        assert draft("› go\n\n› 1. Yes\n  2. No\n", rules) is None

    def test_a_mode_of_the_composer_is_a_draft(self) -> None:
        """Where a mark means that text would be run, the mark itself is somebody's."""
        rules = {"region": "composer", "prompt": "^(?:❯ ?|(?=!))"}
        assert draft(f"{LINE}\n! \n{LINE}\n", rules) == "!"
        assert draft(f"{LINE}\n❯ \n{LINE}\n", rules) == ""

    def test_a_suggestion_under_the_cursor_is_nobodys_draft(self) -> None:
        """Claude Code 1.0 and 2.1 draw its first letter in reverse and the rest dim."""
        screen = f"{LINE}\n❯ \x1b[7mT\x1b[0;2m\x1b[39mry something\x1b[0m\n{LINE}\n"
        assert draft(screen, self.RULES) == ""

    def test_a_cursor_on_a_draft_does_not_hide_it(self) -> None:
        """A letter in reverse belongs to a draft when nothing dim follows."""
        screen = f"{LINE}\n❯ \x1b[7mT\x1b[0mry it now\n{LINE}\n"
        assert draft(screen, self.RULES) == "Try it now"

    def test_dim_lines_are_lines(self) -> None:
        """Claude Code 1.0 draws the lines around its composer dim."""
        dim = f"\x1b[2m\x1b[38;5;244m{LINE}"
        screen = f"● done\n{dim}\n\x1b[0m\x1b[39m❯\u00a0\x1b[7m\n\x1b[0;2m{LINE}\n\x1b[0m  ?\n"
        assert draft(screen, self.RULES) == ""

    def test_no_composer_is_no_answer(self) -> None:
        """Without a composer nothing is said of a draft."""
        assert draft("just text", self.RULES) is None
        assert draft(DIALOG, self.RULES) is None
        assert draft(SCREEN, None) is None

    @pytest.mark.parametrize(
        ("shown", "sent", "known"),
        [
            ("first line second", "first line\n  second line", ""),
            ("first line second line", "first line\n  second line", "whole"),
            ("│ a ┃ b ✨", "a b", "whole"),
            ("[Pasted text #1 +4 lines]", "1\n2\n3\n4\n5", "whole"),
            ("[Pasted text #7 +4 lines]", "one line", ""),
            ("[Pasted text #2]", "one very long line", "whole"),
            ("[paste #1 +60 lines]", "x\n" * 59, "whole"),
            ("[Pasted Content 4429 chars]", "x" * 4429, "whole"),
            ("[Pasted Content 4429 chars]", "x", ""),
            ("mine [Pasted text #1 +4 lines]", "1\n2\n3\n4\n5", ""),
            ("ab[...Truncated text #1 +9 lines...]yz", "ab" + "\n" * 9 + "yz", "whole"),
            ("somebody else's words", "first line", ""),
            ("first line, and somebody's", "first line", ""),
            ("somebody's first line", "first line", ""),
            ("line " * 30, "line " * 90, "part"),
            ("", "first line", ""),
            ("✨", "✨", "whole"),
            ("✨", "🌍", ""),
        ],
    )
    def test_a_paste_is_recognised_as_ours(self, shown: str, sent: str, known: str) -> None:
        """Wrapped, indented or behind a label our own text is known; with more beside it never."""
        assert ours(shown, sent) == known

    @given(st.text(), st.text(min_size=1))
    def test_more_than_was_sent_is_never_ours(self, sent: str, more: str) -> None:
        """Whatever somebody types in front of a prompt or behind it, no Enter would be ours."""
        told = "".join(c for c in more if c.isalnum())
        for shown in (f"{told}{sent}", f"{sent}{told}"):
            assert not told or not ours(" ".join(shown.split()), sent)

    @given(st.text())
    def test_no_screen_makes_it_raise(self, text: str) -> None:
        """Whatever is drawn, looking at the composer works."""
        assert draft(text, self.RULES) is None or isinstance(draft(text, self.RULES), str)
