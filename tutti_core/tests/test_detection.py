"""From screens to readings: rules say what they saw, and the judge never guesses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.detection.composer import draft, ours
from tutti_core.detection.evidence import gather, matched
from tutti_core.detection.judge import judge
from tutti_core.detection.regions import REGIONS, region, rows_of
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

RULES = """
[live]
state = "status"
since = "at"
pid = "pid"
states = { busy = "working", idle = "idle", waiting = "waiting" }
kind = "for"
kinds = { "permission prompt" = "permission" }

[composer]
region = "composer"
prompt = "^❯ ?"

[[title]]
id = "spinner"
state = "working"
regex = "^⠂ "

[[screen]]
id = "permission"
state = "waiting"
kind = "permission"
region = "bottom:6"
all = ["Do you want to proceed?"]

[[screen]]
id = "bad-key"
state = "auth_failed"
region = "tail:2"
regex = "(?m)⎿ +(?P<detail>Invalid API key.*)$"

[[screen]]
id = "quiet"
state = "idle"
region = "below_rule"
any = ["? for shortcuts"]
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


class TestRegions:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("composer", "❯ half a draft"),
            ("below_rule", "  ? for shortcuts"),
            ("tail:1", "● a newer answer"),
            ("tail:2", "❯ go on\n● a newer answer"),
            ("bottom:2", f"{LINE}\n  ? for shortcuts"),
        ],
    )
    def test_a_region_is_a_part_of_the_screen(self, name: str, text: str) -> None:
        """Each region holds just what its name says."""
        assert region(rows_of(SCREEN), name) == text

    def test_without_a_composer_the_tail_is_the_end(self) -> None:
        """A program that draws no lines is read from its last rows."""
        assert region(rows_of("one\n\ntwo\n\n"), "tail:1") == "two"
        assert region(rows_of("one\n\ntwo\n\n"), "composer") == ""

    @given(st.text(), st.sampled_from(sorted(REGIONS)), st.integers(0, 9))
    def test_no_screen_breaks_a_region(self, text: str, name: str, count: int) -> None:
        """Whatever is on the screen, a region is made of its rows."""
        rows = rows_of(text)
        assert set(region(rows, f"{name}:{count}").split("\n")) <= {*rows, ""}


class TestRules:
    def test_an_old_error_further_up_is_not_a_state(self, rules: dict[str, Any]) -> None:
        """Only the newest lines of a conversation can say why it stopped."""
        states = [one.state for one in gather(rules, seen(SCREEN))]
        assert states == ["idle"]

    def test_the_newest_error_is(self, rules: dict[str, Any]) -> None:
        """An error just above the composer is found, with its own words."""
        screen = f"● x\n  ⎿  Invalid API key · Fix it\n{LINE}\n❯\n{LINE}\n"
        (found,) = gather(rules, seen(screen))
        assert (found.state, found.detail) == ("auth_failed", "Invalid API key · Fix it")

    def test_words_are_all_any_and_none(self) -> None:
        """A rule holds when all, one and none of its words are there."""
        rule = {"id": "x", "state": "idle", "all": ["a", "b"], "any": ["c", "d"], "none": ["e"]}
        assert matched(rule, ["a b c"]) == "c"
        assert matched(rule, ["a c"]) is None
        assert matched(rule, ["a b"]) is None
        assert matched(rule, ["a b c e"]) is None

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("[[screen]]\nstate = 'idle'\nall = ['x']", "needs an id"),
            ("[[screen]]\nid = 'x'\nstate = 'busy'\nall = ['x']", "'busy' is none of"),
            ("[[screen]]\nid = 'x'\nstate = 'idle'", "needs at least one of"),
            ("[[screen]]\nid = 'x'\nstate = 'idle'\nregex = '('", "regex: "),
            ("[[screen]]\nid = 'x'\nstate = 'idle'\nal = ['x']", "knows no key"),
            ("[[screen]]\nid = 'x'\nstate = 'idle'\nall = ['x']\nregion = 'middle'", "'middle'"),
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

    def test_a_dialog_outranks_everything_that_lives(self) -> None:
        """Keys would answer it, so nothing else may be said."""
        evidence = [Evidence("live", "working"), Evidence("screen", "waiting", "permission")]
        reading = judge(seen(), evidence)
        assert (reading.state, reading.kind) == ("waiting", "permission")

    def test_work_outranks_an_error_on_the_screen(self) -> None:
        """While it retries it works; the error is not its last word."""
        evidence = [Evidence("screen", "rate_limited"), Evidence("live", "working")]
        assert judge(seen(), evidence).state == "working"

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
            )
        )
    )
    def test_a_waiting_screen_is_never_idle(self, evidence: list[Evidence]) -> None:
        """Whatever else speaks, a dialog on the screen is reported."""
        reading = judge(seen(), [*evidence, Evidence("screen", "waiting", "dialog")])
        assert reading.state == "waiting"


class TestComposer:
    RULES = {"region": "composer", "prompt": "^❯ ?"}

    def test_a_draft_is_what_somebody_typed(self) -> None:
        """Text behind the prompt is a draft."""
        assert draft(SCREEN, self.RULES) == "half a draft"

    def test_dim_text_is_nobodys_draft(self) -> None:
        """A suggestion is drawn dim and does not count."""
        screen = f"{LINE}\n❯ \x1b[2mTry something\x1b[0m\n{LINE}\n"
        assert draft(screen, self.RULES) == ""

    def test_no_composer_is_no_answer(self) -> None:
        """Without a composer nothing is said of a draft."""
        assert draft("just text", self.RULES) is None
        assert draft(SCREEN, None) is None

    def test_a_paste_is_recognised_as_ours(self) -> None:
        """Wrapped, indented or folded into a mark, our own text is known."""
        assert ours("first line second", "first line\n  second line")
        assert ours("[Pasted text #1 +4 lines]", "anything")
        assert not ours("somebody else's words", "first line")
        assert not ours("", "first line")

    @given(st.text())
    def test_no_screen_makes_it_raise(self, text: str) -> None:
        """Whatever is drawn, looking at the composer works."""
        assert draft(text, self.RULES) is None or isinstance(draft(text, self.RULES), str)
