"""Directives: what a prompt asks for, read from its text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_demo.agent.permissions import ASK, DENY, RUN, Permissions, parts
from tutti_demo.agent.script import KNOWN, Directive, entries, parse, unescape
from tutti_demo.agent.turn import STEPS


class TestParse:
    @settings(max_examples=60, deadline=None)
    @given(st.text())
    def test_any_text_can_be_read(self, prompt: str) -> None:
        """No prompt is an error."""
        parse(prompt)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.text(st.characters(exclude_characters="[]", codec="utf-8"))))
    def test_text_without_brackets_asks_nothing(self, parts: list[str]) -> None:
        """Without double brackets there are no directives."""
        assert parse("".join(parts)) == []

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.sampled_from(["[[say hi]]", "[[slow 3]]", "text ", "[", "]", "\n"])))
    def test_directives_come_in_order(self, parts: list[str]) -> None:
        """Directives are found in order, and text between them means nothing."""
        spaced = [f" {part} " for part in parts]
        names = {"[[say hi]]": "say", "[[slow 3]]": "slow"}
        wanted = [names[part] for part in parts if part in names]
        assert [found.name for found in parse("".join(spaced))] == wanted

    @pytest.mark.parametrize(
        ("prompt", "wanted"),
        [
            ("[[say hello there]]", Directive("say", (), "hello there")),
            ("[[slow 40]]", Directive("slow", ("40",))),
            ("[[write a/b.txt two words]]", Directive("write", ("a/b.txt",), "two words")),
            ("[[bash [[ -f x ]] && ls]]", Directive("bash", (), "[[ -f x ]] && ls")),
            ("[[ask Which?|Red|Blue]]", Directive("ask", ("Red", "Blue"), "Which?")),
            ("[[ask Sure?]]", Directive("ask", ("Yes", "No"), "Sure?")),
            ("[[http 429 30]]", Directive("http", ("429", "30"))),
            ("[[limit 12:20pm (UTC)]]", Directive("limit", (), "12:20pm (UTC)")),
            ("[[hang]]", Directive("hang")),
            ("[[say over\ntwo lines]]", Directive("say", (), "over\ntwo lines")),
        ],
    )
    def test_each_form(self, prompt: str, wanted: Directive) -> None:
        """Arguments and the rest of the text are told apart."""
        assert parse(f"Please {prompt} now") == [wanted]

    @pytest.mark.parametrize(
        "prompt",
        [
            "[[sya hello]]",
            "[[say]]",
            "[[slow many]]",
            "[[slow]]",
            "[[http]]",
            "[[write a]]",
            "[[]]",
        ],
    )
    def test_what_is_wrong_is_said(self, prompt: str) -> None:
        """A misspelt or incomplete directive is not silently left out."""
        (found,) = parse(prompt)
        assert found.name == "wrong"
        assert found.text

    def test_unclosed_brackets_are_text(self) -> None:
        """Brackets that are never closed ask nothing."""
        assert parse("an array a[[0] and [[say") == []

    def test_numbers(self) -> None:
        """Numbers come as numbers, missing ones as their default."""
        found = parse("[[http 529]] [[think 0.5]]")
        assert (found[0].count(), found[0].count(1, 7), found[1].number()) == (529, 7, 0.5)

    def test_every_directive_is_played(self) -> None:
        """Each known name has a step, and each step a name."""
        assert set(STEPS) == set(KNOWN)

    def test_escapes(self) -> None:
        """A one-line directive can write several lines."""
        assert unescape(r"a\nb\tc") == "a\nb\tc"


class TestScriptFile:
    def test_lines(self) -> None:
        """A script is a line for each prompt, without comments and empty lines."""
        assert entries("# first\n[[say a]]\n\n-\n[[http 429]]\n", as_json=False) == [
            "[[say a]]",
            "-",
            "[[http 429]]",
        ]

    def test_json(self) -> None:
        """A script can be a JSON list, for entries of several lines."""
        wanted = ["[[say a\nb]]", "-"]
        assert entries(json.dumps(wanted), as_json=True) == wanted

    def test_json_of_another_shape_is_refused(self) -> None:
        """JSON that is no list of strings is an error, not an empty script."""
        with pytest.raises(ValueError, match="list of strings"):
            entries('{"a": 1}', as_json=True)


class TestPermissions:
    @pytest.mark.parametrize(
        ("mode", "verdict"), [("default", ASK), ("accept", RUN), ("dontask", DENY), ("bypass", RUN)]
    )
    def test_modes(self, mode: str, verdict: str) -> None:
        """Without rules the mode decides."""
        assert Permissions(mode).verdict("touch x") == verdict

    @pytest.mark.parametrize(
        ("rule", "command"),
        [
            ("Bash", "anything $(at all)"),
            ("Bash(git:*)", "git status"),
            ("Bash(git:*)", "git"),
            ("Bash(git:*)", "git add -A && git commit -m 'a; b'"),
            ("Bash(ls *)", "ls -la /tmp"),
            ("Bash(make test)", "make   test"),
        ],
    )
    def test_allowed(self, rule: str, command: str) -> None:
        """A command runs when every part of it is allowed."""
        assert Permissions("dontask", (rule,)).verdict(command) == RUN

    @pytest.mark.parametrize(
        ("rule", "command"),
        [
            ("Bash(git:*)", "gitk"),
            ("Bash(git:*)", "git status; rm -rf x"),
            ("Bash(git:*)", "git status && rm x"),
            ("Bash(git:*)", "git log | tee x"),
            ("Bash(git:*)", "git log & rm x"),
            ("Bash(git:*)", "git status\nrm x"),
            ("Bash(git:*)", "git log $(rm x)"),
            ("Bash(git:*)", "git log `rm x`"),
            ("Bash(git:*)", "GIT_PAGER=rm git log"),
            ("Bash(git:*)", ""),
            ("Bash(git:*)", 'git "unclosed; rm x'),
            ("Bash(ls)", "ls -la"),
            ("Write", "touch x"),
        ],
    )
    def test_not_allowed(self, rule: str, command: str) -> None:
        """A rule covers no other command that hides behind, beside or inside an allowed one."""
        assert Permissions("dontask", (rule,)).verdict(command) != RUN

    @pytest.mark.parametrize("mode", ["default", "accept", "dontask", "bypass"])
    def test_denied_in_every_mode(self, mode: str) -> None:
        """A denied part denies the whole, whatever else is allowed."""
        rules = Permissions(mode, ("Bash",), ("Bash(rm:*)",))
        assert rules.verdict("true && rm -rf x") == DENY

    def test_remembered(self) -> None:
        """What was allowed for good is not asked about again, anything else is."""
        rules = Permissions("default")
        rules.remember("touch a && echo b")
        verdicts = [rules.verdict(command) for command in ("touch c", "echo d", "rm a")]
        assert verdicts == [RUN, RUN, ASK]

    @settings(max_examples=60, deadline=None)
    @given(st.text())
    def test_any_command_can_be_judged(self, command: str) -> None:
        """No command line is too strange for a verdict."""
        assert Permissions("default", ("Bash(git:*)",)).verdict(command) in {RUN, ASK, DENY}
        list(parts(command))
