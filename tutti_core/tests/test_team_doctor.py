"""The doctor: every identifier that other tools know, and nothing said that `up` would not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_core.config.find import global_path
from tutti_core.model.contract import Check
from tutti_core.model.launch import Capabilities
from tutti_core.team import machine
from tutti_core.team.checks import core_checks
from tutti_core.team.context import Context
from tutti_core.team.doctor import Report, doctor
from tutti_core.team.up import UpRequest, up
from tutti_core.version import VERSION

HEAD = '[workspace]\nname = "w"\n[workspace.auth]\ndefault_profile = "mine"\n'
DEFAULTS = '[defaults]\nruntime = "echo"\nworktree = false\n'
AUTO = 'mode = "auto"'


@pytest.fixture
def checked(crew: Any) -> Any:
    """A crew with the core's own checks and a policy."""
    crew.add("checks", tutti_checks=core_checks)
    crew.add("policy", tutti_prepare_launch=lambda launch: attrs.evolve(launch, rules=("ls",)))
    return crew


def by_check(report: Report) -> dict[str, tuple[str, str]]:
    """Return each finding's status and detail by its identifier."""
    return {one.check: (one.status, one.detail) for one in report.findings}


def examined(context: Context) -> dict[str, tuple[str, str]]:
    """Return what the doctor finds."""
    return by_check(doctor(context))


def profile(command: str = "sh", provider: str = "p") -> None:
    """Write a global file with one profile."""
    global_path().parent.mkdir(parents=True, exist_ok=True)
    global_path().write_text(
        f'[[profile]]\nname = "mine"\nprovider = "{provider}"\ncommand = "{command}"\n'
    )


class TestIdentifiers:
    def test_every_one_that_is_known_elsewhere(self, checked: Any) -> None:
        """A team with everything in it is examined under the names of the contract."""
        profile()
        checked.echo.capabilities = attrs.evolve(checked.echo.capabilities, constrain="shim")
        pack = (
            '[[tool_pack]]\nname = "p"\nrequired_commands = ["sh", "no-such-program"]\n'
            'required_env = ["HOME", "NO_SUCH_VARIABLE"]\n[[tool_pack]]\nname = "empty"\n'
        )
        context = checked.context("one", head=HEAD + DEFAULTS + pack, launch=AUTO)
        up(context, UpRequest())
        found = examined(context)
        assert set(found) == {
            "tmux",
            "git",
            "watcher",
            "auth profile",
            "profile command",
            "launch policy",
            "launch/policy_parity",
            "runtime/one",
            "tool-pack/p/cmd",
            "tool-pack/p/env",
            "tool-pack/empty",
            "serve/state_dir",
            "serve/events_log",
            "serve/scheduler",
            "serve/port",
            "auth/one",
        }
        assert found["tool-pack/p/cmd"] == ("fail", "no-such-program")
        assert found["tool-pack/p/env"] == ("fail", "NO_SUCH_VARIABLE")
        assert found["tool-pack/empty"][0] == "warn"
        assert found["auth/one"] == ("pass", "idle")

    def test_a_login_that_was_rejected_fails(self, checked: Any) -> None:
        """Who is logged out is said with the remedy; of who does not run nothing is claimed."""
        context = checked.context("one", launch=AUTO)
        assert examined(context)["auth/one"][0] == "skip"
        up(context, UpRequest())
        checked.host.screen = "no key"
        logged_out = {one.check: one for one in doctor(context).findings}["auth/one"]
        assert (logged_out.status, logged_out.detail) == ("fail", "auth failed: no key")
        assert "tt attach one" in logged_out.suggestion

    def test_what_is_not_configured_is_skipped(self, checked: Any) -> None:
        """A plain team has nothing to warn of, so that --strict is of use."""
        report = doctor(checked.context("one", launch=AUTO))
        found = by_check(report)
        assert (found["auth profile"][0], found["tool packs"][0]) == ("skip", "skip")
        warned = {one.check for one in report.findings if one.status == "warn"}
        assert warned <= {"serve/port"}


class TestProfiles:
    def test_one_that_fits_nobody_is_a_warning(self, checked: Any) -> None:
        """Agents that would run on another login than the file suggests are found here first."""
        profile(command="codex")
        found = examined(checked.context("one", head=HEAD + DEFAULTS))
        assert found["auth profile"][0] == "warn"
        assert found["auth profile"][1].startswith("mine (p) fits no agent's runtime: ")
        assert found["profile command"] == ("fail", "codex")

    def test_a_wrapper_of_the_right_provider_fits(self, checked: Any) -> None:
        """A runtime that names its provider takes that provider's profiles, whatever they run."""
        profile(command="env sh", provider="acme")
        assert examined(checked.context("one", head=HEAD + DEFAULTS))["auth profile"][0] == "pass"
        profile(command="env", provider="acme")
        checked.echo.capabilities = Capabilities(constrain="hard", providers=("acme",))
        assert examined(checked.context("one", head=HEAD + DEFAULTS))["auth profile"][0] == "pass"

    def test_a_home_in_front_of_the_program_is_found(
        self, checked: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """People write `~/bin/claude`, and no shell is there to read it."""
        (checked.root / "sh").write_text("#!/bin/sh\n")
        (checked.root / "sh").chmod(0o755)
        monkeypatch.setenv("HOME", str(checked.root))
        profile(command="~/sh")
        found = examined(checked.context("one", head=HEAD + DEFAULTS))
        assert found["profile command"] == ("pass", "~/sh")


class TestPolicies:
    @pytest.mark.parametrize(
        ("launch", "status", "words"),
        [
            ('mode = "safe"', "skip", "asks a person"),
            (AUTO, "pass", "1 rules"),
            ('mode = "unattended"\npolicy = "bypass"', "warn", "anything"),
            ('mode = "auto"\npolicy = "bypass"', "fail", "needs mode unattended"),
        ],
    )
    def test_it_says_what_up_would_say(
        self, checked: Any, launch: str, status: str, words: str
    ) -> None:
        """A setting with which nobody starts is a failure here, not a warning."""
        found = examined(checked.context("one", launch=launch))["launch policy"]
        assert found[0] == status
        assert words in found[1]
        refused = status == "fail"
        if refused:
            with pytest.raises(Exception, match=words):
                up(checked.context("one", launch=launch), UpRequest())

    def test_a_constrained_team_without_a_policy_fails(self, crew: Any) -> None:
        """The remedy is the one of `up`."""
        crew.add("checks", tutti_checks=core_checks)
        findings = doctor(crew.context("one", launch=AUTO)).findings
        (policy,) = [one for one in findings if one.check == "launch policy"]
        assert policy.status == "fail"
        assert "--mode safe" in policy.suggestion


class TestWhatDoesNothingYet:
    def test_a_wish_that_nothing_here_fulfils_is_told(self, checked: Any) -> None:
        """Who asks for a rotation of accounts is not left to believe in one."""
        profile()
        with global_path().open("a") as file:
            file.write("plan = 'api'\n")
        wish = '[resilience]\nrate_limit_strategy = "rotate_profile"\n'
        found = examined(checked.context("one", head=HEAD + DEFAULTS + wish))
        later = f"which tutti {VERSION} does not have yet"
        assert found["table/resilience"] == (
            "warn",
            f"resilience does nothing without tutti-resilience, {later}",
        )
        assert found["table/profile.plan"] == (
            "warn",
            f"profile.plan does nothing without tutti-usage, {later}",
        )
        assert "table/profile.priority" not in found

    def test_a_plain_team_hears_nothing_of_it(self, checked: Any) -> None:
        """What is not configured is not told."""
        assert [one for one in examined(checked.context("one")) if one.startswith("table/")] == []


class TestChecksOfOthers:
    def test_one_that_raises_is_a_finding(self, checked: Any) -> None:
        """The rest of the report is there."""
        checked.add("bad", tutti_checks=lambda: [Check("mine", lambda _: 1 / 0)])
        found = examined(checked.context("one"))
        assert found["mine"][0] == "fail"
        assert "ZeroDivisionError" in found["mine"][1]
        assert "tmux" in found

    def test_looking_changes_nothing(self, checked: Any) -> None:
        """Neither state nor folders are made by a doctor."""
        context = checked.context("one")
        doctor(context)
        assert not context.places.home.exists()


class TestVersions:
    @pytest.fixture
    def silent(self, tmp_path: Path) -> str:
        """A program that never says its version, and counts how often it is asked."""
        program = tmp_path / "silent"
        program.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/asked\nexec sleep 600\n")
        program.chmod(0o755)
        return str(program)

    def test_who_does_not_answer_is_asked_once_and_warned_of(
        self, checked: Any, silent: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A program that hangs costs its short time once, however many agents run on it."""
        monkeypatch.setattr(machine, "VERSION_SECS", 0.5)
        checked.echo.program = silent
        found = examined(checked.context("one", "two", launch=AUTO))
        assert found["runtime/one"] == ("warn", "Echo does not say its version")
        assert found["runtime/two"] == found["runtime/one"]
        assert len((Path(silent).parent / "asked").read_text().splitlines()) == 1

    def test_a_runtime_says_how_to_ask(self, checked: Any, tmp_path: Path) -> None:
        """A program that prints its version on another word is asked by that word."""
        program = tmp_path / "wordy"
        program.write_text('#!/bin/sh\ntest "$1" = version && echo wordy 3.1.4\n')
        program.chmod(0o755)
        able = attrs.evolve(checked.echo.capabilities, version=("version",))
        checked.echo.program, checked.echo.capabilities = str(program), able
        assert examined(checked.context("one"))["runtime/one"] == ("pass", "Echo 3.1.4")
