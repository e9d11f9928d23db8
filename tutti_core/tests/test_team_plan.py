"""The plan of a launch: what an agent is told, on which account, with which command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_core.errors import ConfigError
from tutti_core.model.arrangement import Agent, Arrangement, Profile, Workspace
from tutti_core.model.launch import Capabilities, Launch, LaunchRequest
from tutti_core.team import plan, versions
from tutti_core.team.start import _shown
from tutti_core.team.up import UpRequest, up


def agent(**more: Any) -> Agent:
    """Return an agent."""
    return Agent("one", **more)


class TestMemory:
    def test_it_goes_by_the_runtimes_own_flag(self, crew: Any) -> None:
        """Standing instructions stay apart from the first prompt, and no file is touched."""
        (crew.root / "memo.md").write_text("  Be brief.\n")
        up(crew.context("one: memory = 'memo.md'\nprompt = 'Begin.'"), UpRequest())
        (request,) = crew.echo.asked
        assert (request.memory, request.prompt) == ("Be brief.", "Begin.")

    def test_without_such_a_flag_it_comes_before_the_prompt(self, crew: Any) -> None:
        """A runtime that cannot keep them apart gets both, and loses neither."""
        crew.echo.capabilities = attrs.evolve(crew.echo.capabilities, memory=False)
        (crew.root / "memo.md").write_text("Be brief.")
        up(crew.context("one: memory = 'memo.md'\nprompt = 'Begin.'"), UpRequest())
        up(crew.context("two: memory = 'memo.md'"), UpRequest())
        first, second = crew.echo.asked
        assert first.memory is None
        assert first.prompt == "## Agent Memory\n\nBe brief.\n\n---\n\nBegin."
        assert second.prompt == "## Agent Memory\n\nBe brief."

    def test_a_blank_file_is_nothing(self, tmp_path: Path) -> None:
        """Nobody is given an empty instruction."""
        (tmp_path / "memo.md").write_text(" \n")
        assert plan.memory(tmp_path, agent(memory="memo.md")) is None
        able = Capabilities(memory=False)
        assert plan.first_prompt(tmp_path, agent(memory="memo.md"), able) is None

    @pytest.mark.parametrize("content", [None, b"\xff\xfe", "link"])
    def test_what_cannot_be_read_is_told(self, tmp_path: Path, content: object) -> None:
        """Missing, no text, or leading out of the workspace: an error that names the agent."""
        root = tmp_path / "root"
        root.mkdir()
        if isinstance(content, bytes):
            (root / "memo.md").write_bytes(content)
        elif content:
            (tmp_path / "outside.md").write_text("secret")
            (root / "memo.md").symlink_to(tmp_path / "outside.md")
        with pytest.raises(ConfigError, match="memory of agent 'one'"):
            plan.memory(root, agent(memory="memo.md"))


class TestProfiles:
    @pytest.mark.parametrize(
        ("command", "provider", "whose"),
        [
            ("claude", "anthropic", True),
            ("/opt/old/claude --verbose", "x", True),
            ("nice -n 5 claude", "x", True),
            ("my-claude", "anthropic", True),
            ("my-claude", "x", False),
            ("codex", "openai", False),
        ],
    )
    def test_one_fits_by_program_or_provider(
        self, crew: Any, command: str, provider: str, whose: bool
    ) -> None:
        """The program may lie anywhere; a wrapper is known by its provider."""
        crew.echo.program = "/usr/bin/claude"
        crew.echo.capabilities = Capabilities(providers=("anthropic",))
        assert plan.fits(Profile("p", provider, command), crew.echo) is whose

    def test_its_command_is_words(self, crew: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Quotes group; `~` in front is the user's home; nothing else is anybody's business."""
        monkeypatch.setenv("HOME", "/home/me")
        profile = Profile("p", "x", "~/bin/claude 'a b' $HOME ~")
        words = ("/home/me/bin/claude", "a b", "$HOME", "~")
        assert plan.command_of(crew.echo, profile) == words


class TestSecrets:
    def test_variables_are_in_no_representation(self) -> None:
        """Whoever prints a value by accident, a plugin's error for one, prints no secret."""
        env = {"KEY": "sesame"}
        team = Arrangement(Path("/r"), Workspace("w", env=env), agent=(agent(env=env),))
        team = attrs.evolve(team, source={"agent": [{"env": env}]})
        request = LaunchRequest(agent(env=env), team, Path("/r"), ("sh",), env=env)
        values = (team, request, Launch(("sh",), env=env), Profile("p", "x", "sh", env=env))
        assert not [one for one in values if "sesame" in repr(one)]

    def test_what_an_agent_is_told_is_not_in_the_policy_record(self, crew: Any) -> None:
        """Neither its prompt nor its memory; a word that only ends alike is kept."""
        team = Arrangement(Path("/r"), Workspace("w"))
        wanted = LaunchRequest(agent(), team, Path("/r"), ("sh",), prompt="a", memory="Be brief.")
        words = ["claude", "--sea", "Be brief.", "--message=a", "a"]
        shown = [_shown(word, wanted) for word in words]
        assert shown == ["claude", "--sea", "…", "…", "…"]


class TestVersions:
    @pytest.fixture(autouse=True)
    def own_cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keep answers in a folder of the test's own."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def program(self, folder: Path, body: str) -> str:
        """Write a program and return its path."""
        path = folder / "prog"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    def test_a_program_is_asked_once(self, tmp_path: Path) -> None:
        """Its answer is kept until the file changes."""
        count = tmp_path / "count"
        prog = self.program(tmp_path, f'echo x >> "{count}"; echo "prog 1.2.3 (demo)"')
        assert versions.version_of([prog], {}) == "1.2.3"
        assert versions.version_of([prog], {}) == "1.2.3"
        assert count.read_text() == "x\n"

    def test_who_cannot_be_asked_is_not(self, tmp_path: Path) -> None:
        """A program without words for it, which would begin to work, is never called."""
        count = tmp_path / "count"
        prog = self.program(tmp_path, f'echo x >> "{count}"')
        assert versions.ask([prog], {}, timeout=5, asking=()) == versions.Answer(None, came=True)
        assert not count.exists()

    def test_no_answer_is_not_kept(self, tmp_path: Path) -> None:
        """A program that was slow once is not one without a version for ever."""
        gate = tmp_path / "gate"
        prog = self.program(tmp_path, f'while [ ! -e "{gate}" ]; do sleep 0.01; done; echo 1.2.3')
        assert versions.version_of([prog], {}, timeout=0.2) is None
        gate.touch()
        assert versions.version_of([prog], {}) == "1.2.3"

    def test_an_answer_without_a_version_is_kept(self, tmp_path: Path) -> None:
        """Such a program is not asked on every launch."""
        count = tmp_path / "count"
        prog = self.program(tmp_path, f'echo x >> "{count}"; echo hello')
        assert [versions.version_of([prog], {}) for _ in range(2)] == [None, None]
        assert count.read_text() == "x\n"
