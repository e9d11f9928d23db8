"""What Claude Code's screens say by themselves, where neither its file nor its title is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutti_claude.runtime import ClaudeCode
from tutti_core import Observation, Reading, compile_rules, gather, judge
from tutti_core.detection.composer import draft
from tutti_testing.corpus import Case, cases

CORPUS = Path(__file__).parent / "corpus"
SAVED = [case for case in cases(CORPUS) if case.state != "exited"]
RULES = compile_rules(ClaudeCode().rules(), "claude-code")
ERRORS = ("auth_failed", "rate_limited", "provider_down")
PERMISSION = ("waiting", "permission")
RULE = "─" * 60
BUSY = "✻ Spelunking… (esc to interrupt)"


def read(seen: Observation) -> Reading:
    """Return what the rules make of an observation."""
    return judge(seen, gather(RULES, seen))


def alone(case: Case, text: str | None = None) -> Reading:
    """Return what a screen says without the file and the title."""
    seen = case.observed("claude-code", text=text)
    return read(seen._replace(title=None, live=None, live_at=None))


def shown(*rows: str, prompt: str = "❯", footer: str = "  ? for shortcuts") -> Reading:
    """Return what a made-up conversation above a composer says."""
    text = "\n".join([*rows, "", RULE, prompt, RULE, footer])
    return alone(Case(Path("made-up"), "idle", text, {}))


def saved(state: str, what: str = "") -> list[Case]:
    """Return the saved screens of a state, those only whose name has a word."""
    return [case for case in SAVED if case.state == state and what in case.path.stem]


def told(case: Case, reading: Reading) -> str:
    """Return what is wrong with a reading, in words."""
    rules = [one.rule for one in reading.evidence]
    return f"{case.state}/{case.path.stem}: {reading.state} {reading.kind} {rules}"


class TestScreensAlone:
    def test_a_waiting_screen_is_never_idle(self) -> None:
        """A prompt that is pasted would answer the dialog, so no such screen may look quiet."""
        found = {case.path.stem: alone(case).state for case in saved("waiting")}
        assert set(found.values()) <= {"waiting", "unknown"}, found

    @pytest.mark.parametrize("state", ["waiting", *ERRORS])
    def test_trouble_is_read_right_or_not_at_all(self, state: str) -> None:
        """A dialog or an error is never taken for anything else."""
        readings = [(case, alone(case)) for case in saved(state)]
        right = [
            (case, one)
            for case, one in readings
            if one.state == "unknown"
            or (one.state, one.kind) == (state, case.facts.get("kind") or one.kind)
        ]
        assert [told(*one) for one in readings if one not in right] == []

    def test_work_is_seen_unless_nothing_shows_it(self) -> None:
        """While text streams over a draft the newer screens are those of a quiet agent."""
        readings = [(case, alone(case)) for case in saved("working")]
        missed = [(case, one) for case, one in readings if one.state not in ("working", "unknown")]
        assert [told(*one) for one in missed if "streaming" not in one[0].path.stem] == []
        assert {(one.state, one.confirmed) for _, one in missed} <= {("idle", False)}

    def test_most_are_read_by_the_screen_alone(self) -> None:
        """What may be unknown is the exception."""
        right = [case for case in SAVED if alone(case).state == case.state]
        assert len(right) / len(SAVED) > 0.97

    def test_a_start_is_no_trouble(self) -> None:
        """A screen that is still being built waits for nothing and fails at nothing."""
        assert {alone(case).state for case in saved("starting")} <= {"starting", "idle"}


class TestErrors:
    @pytest.mark.parametrize("state", ERRORS)
    def test_an_error_is_over_with_the_next_turn(self, state: str) -> None:
        """What failed before says nothing of an answer since, nor of the work on one."""
        for case in saved(state):
            if case.facts.get("kind") or "queued" in case.path.stem:
                continue  # a dialog is over when it is answered; a queued prompt is a turn to come
            asked = ["", f"{'>' if case.path.stem.startswith('1.') else '❯'} Go on."]
            assert _continued(case, [*asked, "", "● Done."]).state == "idle", case.path
            assert _continued(case, [*asked, "", BUSY]).state == "working", case.path

    def test_a_prompt_longer_than_the_screen_hides_no_error(self) -> None:
        """The error is the end of what is seen, though the prompt's beginning is not."""
        words = "Invalid API key · Fix external API key"
        found = shown(*(f"  line {number} of a prompt" for number in range(40)), f"  ⎿  {words}")
        assert (found.state, found.detail) == ("auth_failed", words)

    def test_an_error_wrapped_in_a_narrow_pane_is_read(self) -> None:
        """Old versions break a long answer anywhere, blank rows and the left edge included."""
        answer = ['  ⎿  429 {"type":"error","error":{"type":"rate_limit_error",', '"']
        answer += ['     message":"This request would exceed your', "", '     rate limit."}}']
        rows = ["> Try it.", *answer, "     Retrying in 4 seconds… (attempt 4/10)", "", BUSY]
        assert shown(*rows, prompt=">").state == "rate_limited"

    @pytest.mark.parametrize(
        ("row", "state"),
        [
            ("✻ 401 invalid x-api-key · retrying in 3s · attempt 3/10", "auth_failed"),
            ("✽ 429 This request would … · retrying in 2s · attempt 3/10", "rate_limited"),
            ("· 529 Overloaded · retrying in 1s · attempt 2/2", "provider_down"),
            ("* API error · Retrying in 17s · attempt 6/10", "provider_down"),
            ("✢ Connection refused — a … · retrying in 1s · attempt 1/3", "provider_down"),
        ],
    )
    def test_a_retry_is_the_error_it_tries_to_pass(self, row: str, state: str) -> None:
        """With a tip under it, or prompts queued above it, by a file that says busy too."""
        tip, queue = "  ⎿  Tip: Use /theme", ["❯ more", "  ⎿  Queued · ctrl+x ctrl+s to send now"]
        assert shown("❯ Try it.", "", row, tip).state == state
        assert shown("❯ Try it.", "", row, "", *queue).state == state
        assert shown("❯ Try it.", "", *queue, "", row, "").state == state

    def test_a_retry_that_was_given_up_is_over(self) -> None:
        """After Esc nothing is tried any more."""
        rows = ["❯ Try it.", "", "✻ API error · Retrying in 7s · attempt 6/10"]
        assert shown(*rows, "  ⎿  Interrupted · What should Claude do instead?").state == "idle"


class TestDialogs:
    @pytest.mark.parametrize(
        ("rows", "state", "kind"),
        [
            (
                ["Select login method:", "❯ 1. Claude account", "  2. Console"],
                "auth_failed",
                "dialog",
            ),
            (
                ["What do you want to do?", "❯ Stop and wait for limit to reset"],
                "rate_limited",
                "dialog",
            ),
            (["Do you want to make this edit to", "a/very/long/name.py?", "❯ 1. Yes"], *PERMISSION),
            (["Do you want to allow this connection?", "  1. Yes", "❯ 2. No"], *PERMISSION),
            (["A question of a release to come", "  1. Now", "❯ 2. Later"], "waiting", "dialog"),
            (["Press Enter to continue…"], "waiting", "dialog"),
        ],
    )
    def test_a_dialog_is_known_in_place_of_the_composer(
        self, rows: list[str], state: str, kind: str
    ) -> None:
        """It waits where the composer was; above a composer the same rows are only words."""
        asked = ["● I will do it.", "", RULE, *(f" {row}" for row in rows)]
        found = alone(Case(Path("made-up"), state, "\n".join(asked), {}))
        assert (found.state, found.kind) == (state, kind)
        assert shown(*asked).state == "idle"

    def test_its_own_word_for_a_dialog_is_better_than_a_guess(self) -> None:
        """Of a dialog that nobody knows the file says at least what kind it is."""
        live = {"status": "waiting", "waitingFor": "permission prompt"}
        case = Case(Path("made-up"), "waiting", f"{RULE}\n New?\n ❯ 1. Now\n", {"live": live})
        reading = read(case.observed("claude-code"))
        assert (reading.kind, alone(case).kind) == ("permission", "dialog")

    def test_a_limit_is_known_under_the_composer(self) -> None:
        """The newest release says there that it will go on by itself."""
        footer = "  ⚠ Usage limit reached · limit resets 3pm\n    Continuing automatically at 3pm"
        found = shown("❯ /model", "  ⎿  Kept model as Opus", footer=footer)
        assert (found.state, found.detail) == (
            "rate_limited",
            "Usage limit reached · limit resets 3pm",
        )


class TestComposer:
    @pytest.mark.parametrize(
        ("what", "text"),
        [
            ("draft-1-line", "fix the failing test"),
            ("draft-3-lines", "first line second line third line"),
            ("draft-60-lines", "[Pasted text #1 +59 lines]"),
            ("draft-slash-menu", "/mod"),
            ("draft-shell-mode", "!"),
            ("streaming-draft", "a next thought"),
        ],
    )
    def test_a_draft_is_found_in_every_version(self, what: str, text: str) -> None:
        """What somebody typed is never sent or overwritten; a mode's mark is theirs too."""
        found = {case.path.stem: draft(case.text, RULES["composer"]) for case in _named(what)}
        assert found
        assert set(found.values()) == {text}, found

    def test_a_dialog_has_no_composer(self) -> None:
        """Where keys would answer something there is nothing to type into."""
        found = {case.path.stem: draft(case.text, RULES["composer"]) for case in saved("waiting")}
        assert set(found.values()) == {None}, found


def _continued(case: Case, rows: list[str]) -> Reading:
    """Return what a screen says with more of a conversation above its composer."""
    before = case.text.rstrip().splitlines()
    ruled = [n for n, row in enumerate(before) if row.lstrip("╭╰").startswith("─" * 8)]
    top, bottom = ruled[-2:]
    after = [*before[top : bottom + 1], "  ? for shortcuts"]
    return alone(case, "\n".join([*before[:top], *rows, "", *after]))


def _named(what: str) -> list[Case]:
    return [case for case in SAVED if case.path.stem.partition("-")[2].startswith(what)]
