"""Plugins: what they give is used, what breaks is named, what must not vanish refuses."""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from tutti_core.discovery import Entry
from tutti_core.errors import PluginError
from tutti_core.markers import hookimpl
from tutti_core.model.arrangement import Agent, Arrangement, Workspace
from tutti_core.model.happening import Action, Verdict
from tutti_core.model.launch import LaunchRequest, Refusal
from tutti_core.model.reading import Reading
from tutti_core.plugins import Plugins


@attrs.frozen
class Named:
    """Anything with a name, as hooks return it."""

    name: str


def plugin(**hooks: Callable[..., object]) -> types.SimpleNamespace:
    """Return a plugin that implements the hooks given."""
    return types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})


def assembled(**plugins: object) -> Plugins:
    """Return the facade over plugins by name, each of a distribution ``dist-<name>``."""
    found = Plugins()
    for name, one in plugins.items():
        found.add(one, name, f"dist-{name}")
    return found


def a_request() -> LaunchRequest:
    """Return some launch request."""
    team = Arrangement(root=Path("/repo"), workspace=Workspace("w"))
    return LaunchRequest(Agent("a"), team, Path("/repo"), ("prog",))


def written(folder: Path, name: str, source: str) -> Entry:
    """Write a module and return an entry that names it."""
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return Entry(name, name, f"dist-{name}", "1.0")


class TestCollecting:
    def test_what_every_plugin_gives_is_there(self) -> None:
        """Things of one kind come together by name."""
        found = assembled(
            a=plugin(tutti_steps=lambda: [Named("one")]),
            b=plugin(tutti_steps=lambda: [Named("two")]),
        )
        assert sorted(found.steps()) == ["one", "two"]

    def test_the_core_comes_first_then_names(self) -> None:
        """The order of calls does not depend on the order of installation."""
        called: list[str] = []
        found = Plugins()
        for name in ("zeta", "alpha", "core"):
            found.add(plugin(tutti_steps=lambda name=name: called.append(name) or ()), name)
        found.steps()
        assert called == ["core", "alpha", "zeta"]

    def test_two_plugins_with_one_name_are_refused_by_distribution(self) -> None:
        """A duplicate names both distributions and what to do."""
        found = assembled(
            a=plugin(tutti_detectors=lambda: [Named("same")]),
            b=plugin(tutti_detectors=lambda: [Named("same")]),
        )
        with pytest.raises(PluginError, match="dist-a and dist-b both give the detector 'same'"):
            found.detectors()

    def test_hooks_may_leave_out_arguments(self) -> None:
        """A hook that does not need its argument need not name it."""
        found = assembled(
            without=plugin(tutti_runtimes=lambda: [Named("x")]),
            with_it=plugin(tutti_runtimes=lambda tables: [Named(n) for n in tables]),
        )
        assert sorted(found.runtimes({"y": 1})) == ["x", "y"]

    def test_runtimes_may_come_from_the_files(self) -> None:
        """A plugin is given both files and the folder of the team, and is known as the giver."""
        seen: list[object] = []

        def give(tables: object, settings: object, root: object) -> list[Named]:
            seen.extend((tables, settings, root))
            return [Named("x")]

        found = assembled(a=plugin(tutti_runtimes=give))
        given = ({"a": 1}, {"b": 2}, Path("/team"))
        assert list(found.runtimes(*given)) == ["x"]
        assert found.runtime_sources(*given) == {"x": "dist-a"}
        assert seen == [*given, *given]

    def test_a_runtime_given_twice_can_be_renamed(self) -> None:
        """Where a file declares a name of a plugin's, the way out is another name."""
        both = plugin(tutti_runtimes=lambda: [Named("x")])
        with pytest.raises(PluginError, match="both give the runtime 'x'") as caught:
            assembled(a=both, b=plugin(tutti_runtimes=lambda: [Named("x")])).runtimes()
        assert "rename the [[runtime]]" in caught.value.hint

    def test_gives_lists_hooks(self) -> None:
        """What a plugin gives is what it implements."""
        found = assembled(a=plugin(tutti_steps=lambda: (), tutti_guard=lambda action: None))
        assert found.gives("a") == ("guard", "steps")


class TestSettingAside:
    def test_a_plugin_that_does_not_import_leaves_the_rest(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The broken one is named with its distribution and reason; the others work."""
        monkeypatch.syspath_prepend(str(tmp_path))
        good = "from tutti_core import hookimpl\n@hookimpl\ndef tutti_steps():\n    return ()\n"
        entries = [
            written(tmp_path, "breaks_here", "import no_such_module_at_all"),
            written(tmp_path, "works_here", good),
        ]
        found = Plugins(entries)
        broken = found.broken["breaks_here"]
        assert broken.distribution == "dist-breaks_here"
        assert "no_such_module_at_all" in broken.reason
        assert found.gives("works_here") == ("steps",)

    def test_a_misspelt_hook_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A hook nobody specified sets its plugin aside and says which."""
        monkeypatch.syspath_prepend(str(tmp_path))
        source = "from tutti_core import hookimpl\n@hookimpl\ndef tutti_runtime():\n    return ()\n"
        found = Plugins([written(tmp_path, "misspells_it", source)])
        assert "tutti_runtime" in found.broken["misspells_it"].reason
        assert found.gives("misspells_it") == ()

    def test_a_wrong_argument_is_refused(self) -> None:
        """An argument the contract does not know is named."""
        with pytest.raises(PluginError, match="sceens"):
            assembled(a=plugin(tutti_guard=lambda sceens: None))

    def test_a_hook_wrapper_is_refused(self) -> None:
        """Wrappers are refused, since one broken wrapper would break every other plugin."""

        @hookimpl(wrapper=True)
        def tutti_steps():  # type: ignore[no-untyped-def]
            return (yield)

        with pytest.raises(PluginError, match="tutti_steps is a hook wrapper"):
            assembled(a=types.SimpleNamespace(tutti_steps=tutti_steps))

    def test_a_hook_that_raises_sets_its_plugin_aside(self) -> None:
        """One plugin's failure keeps nobody else's things away."""
        found = assembled(
            bad=plugin(tutti_steps=lambda: 1 / 0),
            good=plugin(tutti_steps=lambda: [Named("kept")]),
        )
        assert list(found.steps()) == ["kept"]
        assert found.broken["bad"].reason.startswith("tutti_steps failed: ZeroDivisionError")

    def test_a_generator_that_raises_is_caught_too(self) -> None:
        """Nothing lazily given escapes the shield."""

        def steps() -> object:
            yield Named("half")
            raise RuntimeError("the rest is lost")

        found = assembled(bad=plugin(tutti_steps=steps))
        assert found.steps() == {}
        assert "the rest is lost" in found.broken["bad"].reason

    def test_what_is_no_thing_of_the_kind_sets_its_plugin_aside(self) -> None:
        """A step without a name, or a command that is none, is not handed on to break others."""
        found = assembled(
            nameless=plugin(tutti_steps=lambda: [Named("kept"), object()]),
            wordy=plugin(tutti_commands=lambda: ["land"]),
            wooden=plugin(tutti_tables=lambda: [{"name": "budget"}]),
        )
        assert (found.steps(), found.commands(), found.tables()) == ({}, [], [])
        assert set(found.broken) == {"nameless", "wordy", "wooden"}

    def test_two_distributions_with_one_name_are_both_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither silently stands in for the other, and both are known to be there."""
        monkeypatch.syspath_prepend(str(tmp_path))
        good = "from tutti_core import hookimpl\n@hookimpl\ndef tutti_steps():\n    return ()\n"
        ours = written(tmp_path, "permissions", good)
        found = Plugins([ours, ours._replace(distribution="dist-rival")])
        reason = found.broken["permissions"].reason
        assert "dist-permissions and dist-rival both give a plugin 'permissions'" in reason
        assert set(found.absent()) == {"dist-permissions", "dist-rival"}
        assert found.gives("permissions") == ()

    def test_a_name_nobody_has_is_not_absent(self) -> None:
        """Switching off what is not installed makes nothing look as if it belonged to somebody."""
        assert Plugins(off=frozenset({"permisions"})).absent() == {}

    def test_absent_names_distributions(self) -> None:
        """Who is broken or switched off is known by distribution."""
        found = Plugins([Entry("gone", "no_such_module_at_all", "dist-gone", "1")])
        assert "is broken: ModuleNotFoundError" in found.absent()["dist-gone"]
        off = Plugins(
            [Entry("gone", "no_such_module_at_all", "dist-gone", "1")], frozenset({"gone"})
        )
        assert off.absent() == {"dist-gone": "is switched off"}


class TestLaunching:
    def test_each_plugin_sees_what_the_one_before_made(self) -> None:
        """Amendments add up, in order of name."""

        def adds(word: str) -> Callable[..., object]:
            return lambda launch: attrs.evolve(launch, command=(*launch.command, word))

        found = assembled(
            b=plugin(tutti_prepare_launch=adds("second")),
            a=plugin(tutti_prepare_launch=adds("first")),
        )
        answer = found.prepare(a_request())
        assert isinstance(answer, LaunchRequest)
        assert answer.command == ("prog", "first", "second")

    def test_a_refusal_ends_it(self) -> None:
        """Nobody after a refusal is asked."""
        found = assembled(
            a=plugin(tutti_prepare_launch=lambda launch: Refusal("no", "yes")),
            b=plugin(tutti_prepare_launch=lambda launch: pytest.fail("asked after a refusal")),
        )
        assert found.prepare(a_request()) == Refusal("no", "yes", by="dist-a")

    def test_a_plugin_that_raises_refuses(self) -> None:
        """A policy never vanishes by an exception."""
        found = assembled(a=plugin(tutti_prepare_launch=lambda launch: 1 / 0))
        answer = found.prepare(a_request())
        assert isinstance(answer, Refusal)
        assert answer.by == "dist-a"
        assert "ZeroDivisionError" in answer.reason

    @pytest.mark.parametrize("answer", [True, "no", Verdict("refuse")])
    def test_an_answer_of_another_kind_refuses(self, answer: object) -> None:
        """A plugin that means something nobody understands is not passed over."""
        found = assembled(a=plugin(tutti_prepare_launch=lambda launch: answer))
        refusal = found.prepare(a_request())
        assert isinstance(refusal, Refusal)
        assert (refusal.by, type(answer).__name__ in refusal.reason) == ("dist-a", True)

    def test_a_plugin_set_aside_meanwhile_refuses(self) -> None:
        """A policy does not vanish because something else in its plugin broke."""
        found = assembled(
            a=plugin(tutti_prepare_launch=lambda launch: None, tutti_steps=lambda: 1 / 0)
        )
        assert isinstance(found.prepare(a_request()), LaunchRequest)
        found.steps()
        refusal = found.prepare(a_request())
        assert isinstance(refusal, Refusal)
        assert "tutti_steps failed" in refusal.reason

    def test_the_first_offer_after_a_failure_counts(self) -> None:
        """Other launches are offered in order; a plugin that raises offers nothing."""
        other = a_request()
        found = assembled(
            a=plugin(tutti_launch_failed=lambda launch: 1 / 0),
            b=plugin(tutti_launch_failed=lambda launch: None),
            c=plugin(tutti_launch_failed=lambda launch, reading: other),
        )
        assert found.launch_failed(a_request(), Reading("exited")) is other


class TestGuarding:
    def test_the_strictest_verdict_comes_first(self) -> None:
        """A refusal outranks a warning, which outranks leave."""
        found = assembled(
            a=plugin(tutti_guard=lambda action: Verdict("allow", "a")),
            b=plugin(tutti_guard=lambda action: Verdict("refuse", "b")),
            c=plugin(tutti_guard=lambda action: Verdict("warn", "c")),
            d=plugin(tutti_guard=lambda action: None),
        )
        decisions = [one.decision for one in found.guard(Action("send", "w"))]
        assert decisions == ["refuse", "warn", "allow"]

    def test_a_guard_that_raises_refuses(self) -> None:
        """A broken guard does not let through what it was to look at."""
        found = assembled(a=plugin(tutti_guard=lambda action: 1 / 0))
        (verdict,) = found.guard(Action("send", "w"))
        assert (verdict.decision, verdict.by) == ("refuse", "dist-a")

    @pytest.mark.parametrize("answer", [True, Verdict("perhaps"), "refuse"])
    def test_a_verdict_of_another_kind_refuses(self, answer: object) -> None:
        """A guard that means something nobody understands is not taken for leave."""
        found = assembled(a=plugin(tutti_guard=lambda action: answer))
        (verdict,) = found.guard(Action("send", "w"))
        assert (verdict.decision, verdict.by) == ("refuse", "dist-a")

    def test_a_guard_that_is_set_aside_refuses(self) -> None:
        """A guard does not vanish because another hook of its plugin broke."""
        found = assembled(a=plugin(tutti_guard=lambda action: None, tutti_steps=lambda: 1 / 0))
        assert found.guard(Action("launch", "w")) == []
        found.steps()
        (verdict,) = found.guard(Action("launch", "w"))
        assert (verdict.decision, verdict.by) == ("refuse", "dist-a")
        assert "tutti_steps failed" in verdict.reason

    def test_a_guard_beside_a_misspelt_hook_refuses(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A plugin that is refused for a typing error has not lost its say."""
        monkeypatch.syspath_prepend(str(tmp_path))
        source = (
            "from tutti_core import hookimpl\n"
            "@hookimpl\ndef tutti_guard(action):\n    return None\n"
            "@hookimpl\ndef tutti_runtime():\n    return ()\n"
        )
        found = Plugins([written(tmp_path, "guards_and_misspells", source)])
        (verdict,) = found.guard(Action("launch", "w"))
        assert verdict.decision == "refuse"
