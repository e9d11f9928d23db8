"""`up`: everybody is started once, waited for, and told of truthfully."""

from __future__ import annotations

import time
from typing import Any

import attrs
import pytest

from tutti_core.errors import PluginError, RuntimeFailure
from tutti_core.git.process import run_git
from tutti_core.model.happening import Verdict
from tutti_core.team.outcome import Outcome
from tutti_core.team.plan import Way
from tutti_core.team.rise import PARALLEL, Rise
from tutti_core.team.up import Interrupted, UpRequest, UpResponse, up


def outcomes(done: UpResponse) -> dict[str, str]:
    """Return each agent's outcome."""
    return {one.agent: one.outcome for one in done.results}


def told(done: UpResponse, agent: str) -> Outcome:
    """Return what was told of one agent."""
    return next(one for one in done.results if one.agent == agent)


class Sequel:
    """Shows one screen for some looks, then another."""

    def __init__(self, crew: Any, first: str, then: str, looks: int = 4) -> None:
        self.crew, self.then, self.left = crew, then, looks
        crew.host.screen = first
        crew.host.before = self

    def __call__(self, what: str) -> None:
        if what == "list":
            self.left -= 1
            if self.left == 0:
                self.crew.host.screen = self.then


class TestEverybodyIsTold:
    def test_a_bug_of_one_runtime_hides_nobody(self, crew: Any) -> None:
        """What nobody expected is one agent's failure, in words and in the log."""
        crew.echo.failing = {"bad"}
        context = crew.context("bad", "good", "after: depends_on = ['bad']")
        done = up(context, UpRequest())
        assert outcomes(done) == {"bad": "failed", "good": "launched", "after": "blocked"}
        assert told(done, "after").detail == "bad failed"
        assert told(done, "bad").detail == "this is a bug: ValueError: this runtime is broken"
        assert "ValueError: this runtime is broken" in context.log.path.read_text()
        assert not done.ok

    def test_an_agent_named_twice_is_started_once(self, crew: Any) -> None:
        """The answer names it once too."""
        context = crew.context("one", "two")
        done = up(context, UpRequest(agents=("one", "one")))
        assert outcomes(done) == {"one": "launched"}
        assert len(done.results) == len(crew.host.made) == 1

    def test_who_failed_is_told_with_its_runtime(self, crew: Any) -> None:
        """The table has no gap where the arrangement knows better."""
        crew.echo.failing = {"bad"}
        assert told(up(crew.context("bad"), UpRequest()), "bad").runtime == "echo"

    def test_who_runs_is_told_with_all_that_is_known(self, crew: Any) -> None:
        """A second `up` knows the enforcement that the first one chose."""
        context = crew.context("one")
        first = told(up(context, UpRequest()), "one")
        again = told(up(context, UpRequest()), "one")
        assert (again.outcome, again.detail) == ("running", "already running")
        assert again.enforcement == first.enforcement == "prompt"

    def test_a_look_that_fails_once_is_tried_again(self, crew: Any) -> None:
        """One slow answer of tmux does not end the whole command."""
        context = crew.context("one")
        failures = [RuntimeFailure("tmux did not answer")]

        def stumble(what: str) -> None:
            if what == "list" and crew.host.made and failures:
                raise failures.pop()

        crew.host.before = stumble
        assert outcomes(up(context, UpRequest())) == {"one": "launched"}
        assert failures == []

    def test_if_nobody_can_say_how_it_is_that_is_told(self, crew: Any) -> None:
        """When every look fails until the time is over, the reason is the agent's failure."""
        context = crew.context("one", launch='mode = "safe"\nready_secs = 0.3')

        def dumb(what: str) -> None:
            if what == "list" and crew.host.specs:
                raise RuntimeFailure("tmux did not answer")

        crew.host.before = dumb
        done = up(context, UpRequest())
        assert (told(done, "one").outcome, told(done, "one").detail) == (
            "failed",
            "tmux did not answer",
        )

    def test_who_is_taken_down_meanwhile_is_told_so(self, crew: Any) -> None:
        """An agent that somebody ends while it starts is not begun anew behind their back."""
        offers: list[str] = []
        crew.add("rotates", tutti_launch_failed=lambda launch: offers.append("asked"))
        context = crew.context("one")
        crew.host.screen = ""

        def taken(what: str) -> None:
            if what == "list" and crew.host.looked:
                crew.host.made.clear()

        crew.host.before = taken
        done = told(up(context, UpRequest()), "one")
        assert (done.outcome, done.detail) == ("failed", "was taken down while it started")
        assert offers == []

    def test_who_ended_at_once_is_told_with_its_last_words(self, crew: Any) -> None:
        """The lines that say something, and not the frame around them."""
        context = crew.context("one")
        crew.host.screen = "╭────╮\n│ no licence │\n╰────╯\n"
        crew.host.before = lambda what: crew.host.dies("one") if what == "created" else None
        done = told(up(context, UpRequest()), "one")
        assert done.detail == "ended at once (exit status 7): │ no licence │"
        assert done.hint == "tt peek one"

    def test_who_was_starting_and_is_gone_is_not_called_running(self, crew: Any) -> None:
        """An agent that somebody else began and ended is told as what it is."""
        context = crew.context("one")
        crew.host.screen = ""
        up(context, UpRequest(wait=False))

        def taken(what: str) -> None:
            if what == "list" and crew.host.looked:
                crew.host.made.clear()

        crew.host.before = taken
        done = told(up(context, UpRequest()), "one")
        assert (done.ok, done.detail) == (False, "was taken down while it started")

    def test_who_depends_on_a_failure_of_another_kind_is_told_which(self, crew: Any) -> None:
        """Refused, blocked and running without its prompt are different reasons."""
        crew.add(
            "no",
            tutti_guard=lambda action: Verdict("refuse", "no") if action.agent == "a" else None,
        )
        crew.echo.paste = True
        crew.host.screen = "trust me"
        context = crew.context(
            "a", "b: depends_on = ['a']", "c: depends_on = ['b']", "p: prompt = 'x'",
            "q: depends_on = ['p']",
        )  # fmt: skip
        done = up(context, UpRequest())
        said = {name: told(done, name).detail for name in ("b", "c", "q")}
        assert said == {
            "b": "a was refused",
            "c": "b is blocked itself",
            "q": "p is waiting (trust)",
        }

    def test_ctrl_c_begins_with_nobody_else(self, crew: Any) -> None:
        """Whoever is being started is started whole; the rest of the team stays down."""
        context = crew.context(*[f"a{number}" for number in range(PARALLEL * 3)])

        def interrupt(outcome: Outcome) -> None:
            raise KeyboardInterrupt

        agents = list(context.arrangement.agent)
        ways = {one.name: Way("safe", "constrained") for one in agents}
        rise = Rise(context, UpRequest(wait=False), agents, ways, interrupt)

        def hold(what: str) -> None:
            deadline = time.monotonic() + 10
            while what == "create" and crew.host.specs and not rise.pool._shutdown:
                assert time.monotonic() < deadline

        crew.host.before = hold
        with pytest.raises(KeyboardInterrupt):
            rise.run()
        assert 1 <= len(crew.host.made) <= PARALLEL + 1
        assert all(context.voices()[one.agent].session for one in crew.host.made.values())


class TestReadiness:
    def test_a_second_up_waits_for_who_is_starting(self, crew: Any) -> None:
        """Two people who start a team at once are both told that it came up."""
        context = crew.context("early", "late: depends_on = ['early']")
        Sequel(crew, "", ">", looks=8)
        assert up(context, UpRequest(agents=("early",), wait=False)).ok
        done = up(context, UpRequest())
        assert outcomes(done) == {"early": "running", "late": "launched"}
        assert told(done, "early").state == "idle"

    @pytest.mark.parametrize(
        ("screen", "outcome"),
        [("may I", "launched"), ("busy", "launched"), ("trust me", "blocked")],
    )
    def test_others_follow_whoever_has_begun(self, crew: Any, screen: str, outcome: str) -> None:
        """One that asks for permission is at work; one that asks for trust has not begun."""
        context = crew.context("early", "late: depends_on = ['early']")
        crew.host.screen = screen
        done = up(context, UpRequest())
        assert outcomes(done) == {"early": "launched", "late": outcome}
        assert told(done, "early").ok
        if outcome == "blocked":
            assert told(done, "late").detail == "early is waiting (trust)"

    def test_without_waiting_nobody_follows_a_failure(self, crew: Any) -> None:
        """`--no-wait` means not to wait; it does not mean that nothing matters."""
        crew.echo.failing = {"early"}
        context = crew.context("early", "late: depends_on = ['early']")
        done = up(context, UpRequest(wait=False))
        assert outcomes(done) == {"early": "failed", "late": "blocked"}

    def test_without_waiting_the_others_follow_at_once(self, crew: Any) -> None:
        """The session of the one before it is enough."""
        context = crew.context("early", "late: depends_on = ['early']")
        crew.host.screen = ""
        assert outcomes(up(context, UpRequest(wait=False))) == {
            "early": "launched",
            "late": "launched",
        }

    def test_who_is_not_ready_in_time_is_told(self, crew: Any) -> None:
        """An agent that says nothing has failed, and its session is left to be looked at."""
        context = crew.context("one", launch='mode = "safe"\nready_secs = 0.3')
        crew.host.screen = ""
        done = told(up(context, UpRequest()), "one")
        assert (done.outcome, done.detail, done.hint) == (
            "failed",
            "not ready in time",
            "tt peek one",
        )
        assert list(crew.host.made)


class TestAnotherLaunch:
    def test_an_offer_goes_through_every_plugin_again(self, crew: Any) -> None:
        """A policy binds every attempt, and the failed one's session is gone."""
        prepared: list[str | None] = []

        def prepare(launch: Any) -> Any:
            prepared.append(launch.env.get("TRY"))
            return attrs.evolve(launch, rules=("ls",))

        crew.add(
            "rotates",
            tutti_prepare_launch=prepare,
            tutti_launch_failed=lambda launch: attrs.evolve(launch, env={"TRY": "2"}, rules=None),
        )
        crew.host.screens["%1"] = "no key"
        context = crew.context("one", launch='mode = "auto"')
        assert outcomes(up(context, UpRequest())) == {"one": "launched"}
        assert prepared == [None, "2"]
        assert crew.echo.asked[-1].rules == ("ls",)
        assert [one.pane for one in crew.host.made.values()] == ["%2"]
        kinds = [(one["event"], one["data"].get("reason")) for one in context.journal.read()]
        assert kinds == [
            ("agent.started", None),
            ("agent.stopped", "replaced"),
            ("agent.started", None),
        ]

    def test_tries_are_bounded(self, crew: Any) -> None:
        """A plugin that always knows another way does not keep `up` for ever."""
        crew.add("rotates", tutti_launch_failed=lambda launch: launch)
        crew.host.screen = "no key"
        done = told(up(crew.context("one"), UpRequest()), "one")
        assert (done.outcome, done.state) == ("failed", "auth_failed")
        assert len(crew.echo.asked) == 3


class TestTheFirstPrompt:
    def test_it_is_pasted_when_the_agent_can_take_it(self, crew: Any) -> None:
        """Also without waiting for the rest: a prompt is never dropped."""
        crew.echo.paste = True
        context = crew.context("one: prompt = 'begin'")
        done = up(context, UpRequest(wait=False))
        assert told(done, "one").ok
        events = [one["event"] for one in context.journal.read()]
        assert events == ["agent.started", "prompt.submitted"]

    def test_a_prompt_that_was_not_given_is_told(self, crew: Any) -> None:
        """An agent that asks for trust runs, and its prompt is not claimed to be there."""
        crew.echo.paste = True
        crew.host.screen = "trust me"
        done = told(up(crew.context("one: prompt = 'begin'"), UpRequest()), "one")
        assert (done.outcome, done.ok) == ("launched", False)
        assert "its first prompt was not given" in done.detail
        assert "tt send one" in done.hint

    def test_it_waits_while_the_agent_is_busy_with_itself(self, crew: Any) -> None:
        """A CLI that loads things first gets its prompt afterwards."""
        crew.echo.paste = True
        Sequel(crew, "busy", ">", looks=9)
        context = crew.context("one: prompt = 'begin'")
        assert told(up(context, UpRequest()), "one").ok
        assert ("prompt.submitted", "one") in crew.events(context)


class TestNothingIsDoneThatMustNotBe:
    def test_two_sinks_of_one_name_are_found_out_before_anybody_starts(self, crew: Any) -> None:
        """A mistake among plugins does not leave agents that nobody recorded."""

        class Ear:
            name = "ear"

            def receive(self, event: object) -> None: ...

        crew.add("a", tutti_sinks=lambda: [Ear()])
        crew.add("b", tutti_sinks=lambda: [Ear()])
        with pytest.raises(PluginError, match="dist-a and dist-b both give the sink 'ear'"):
            up(crew.context("one"), UpRequest())
        assert crew.host.made == {}

    def test_a_guard_whose_plugin_breaks_on_the_way_refuses(self, crew: Any) -> None:
        """A guard that was set aside for its sink does not let agents through."""
        crew.add("budget", tutti_guard=lambda action: None, tutti_sinks=lambda: 1 / 0)
        done = told(up(crew.context("one"), UpRequest()), "one")
        assert (done.outcome, crew.host.made) == ("refused", {})
        assert "dist-budget" in done.detail

    def test_a_refusal_is_an_event_with_its_remedy(self, crew: Any) -> None:
        """Who refused, by which rule, and what to do, is in the journal."""
        refusal = Verdict("refuse", "budget", "weekly", "spent", "wait till monday")
        crew.add("budget", tutti_guard=lambda action: refusal)
        context = crew.context("one")
        done = told(up(context, UpRequest()), "one")
        assert (done.outcome, done.detail, done.hint) == (
            "refused",
            "budget: spent",
            "wait till monday",
        )
        (event,) = context.journal.read()
        assert event["event"] == "guard.refuse"
        assert event["data"] == {"action": "launch", **attrs.asdict(refusal)}

    def test_a_warning_is_told_once(self, crew: Any) -> None:
        """A guard that warns lets the agent through and is heard."""
        crew.add("budget", tutti_guard=lambda action: Verdict("warn", "budget", reason="80 %"))
        assert told(up(crew.context("one"), UpRequest()), "one").warnings == ("80 %",)

    @pytest.mark.parametrize(
        ("enforcement", "launch", "words"),
        [
            ("unsupported", 'mode = "auto"', "cannot be held to the policy"),
            ("prompt", 'mode = "auto"', "cannot be held to the policy"),
            ("hard_shim", 'mode = "auto"', "best effort"),
            ("bypass", 'mode = "unattended"\npolicy = "bypass"', "anything without asking"),
            ("prompt", 'mode = "unattended"\npolicy = "bypass"', "cannot run without asking"),
        ],
    )
    def test_who_is_held_by_nobody_is_told(
        self, crew: Any, enforcement: str, launch: str, words: str
    ) -> None:
        """What a runtime cannot do is said, not passed over."""
        crew.add("policy", tutti_prepare_launch=lambda launch: attrs.evolve(launch, rules=("ls",)))
        crew.echo.enforcement = enforcement
        (warning,) = told(up(crew.context("one", launch=launch), UpRequest()), "one").warnings
        assert words in warning

    def test_a_name_taken_by_another_root_meanwhile_gets_a_mark(self, crew: Any) -> None:
        """Two checkouts that start at the same moment both get their sessions."""
        context = crew.context("one")
        up(context, UpRequest())
        (mine,) = crew.host.made.values()
        crew.host.made.clear()

        def race(what: str) -> None:
            if what == "create" and not crew.host.made:
                crew.host.made[mine.name] = mine._replace(root="/elsewhere", agent="one")
                raise RuntimeFailure("session exists already")

        crew.host.before = race
        assert outcomes(up(context, UpRequest())) == {"one": "launched"}
        names = {one.root: one.name for one in crew.host.made.values()}
        assert names["/elsewhere"] == "tutti-w-one"
        assert names[str(crew.root)].startswith("tutti-w-one-")


class TestWhatACliLeaves:
    def test_it_is_no_work_of_the_agents(self, crew: Any) -> None:
        """What a launch says its CLI keeps for itself is passed over by git, once for all."""
        run_git(["init", "--quiet"], cwd=crew.root, timeout=30)
        crew.echo.leaves = (".cache.v*/",)
        assert told(up(crew.context("one", "two"), UpRequest()), "one").warnings == ()
        excluded = (crew.root / ".git" / "info" / "exclude").read_text().splitlines()
        assert excluded.count(".cache.v*/") == 1

    def test_without_a_repository_there_is_nothing_to_pass_over(self, crew: Any) -> None:
        """A folder that git knows nothing of is no reason not to start."""
        crew.echo.leaves = (".cache.v*/",)
        assert told(up(crew.context("one"), UpRequest()), "one").warnings == ()

    def test_that_it_will_show_is_said(self, crew: Any) -> None:
        """An exclude file that cannot be written keeps nobody from starting."""
        run_git(["init", "--quiet"], cwd=crew.root, timeout=30)
        place = crew.root / ".git" / "info" / "exclude"
        place.unlink(missing_ok=True)
        place.mkdir(parents=True)
        crew.echo.leaves = (".cache.v*/",)
        done = told(up(crew.context("one"), UpRequest()), "one")
        assert done.ok
        assert ".cache.v*/ will show in git status" in done.warnings[0]


def test_ctrl_c_says_what_had_become_of_everybody(crew: Any) -> None:
    """It is still an interrupt to whoever called, and carries an outcome for each agent."""
    heard: list[str] = []

    def interrupt_once(outcome: Any) -> None:
        heard.append(outcome.agent)
        if len(heard) == 1:
            raise KeyboardInterrupt

    context = crew.context("one", "two", 'three:depends_on = ["one", "two"]')
    with pytest.raises(Interrupted) as told:
        up(context, UpRequest(), interrupt_once)
    done = told.value.response
    assert isinstance(told.value, KeyboardInterrupt)
    assert (done.interrupted, done.ok) == (True, False)
    assert [one.agent for one in done.results] == ["one", "two", "three"]
    assert done.results[2].detail == "was not started: interrupted"
