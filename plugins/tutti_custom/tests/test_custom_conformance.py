"""Whatever is declared keeps the contract of runtimes."""

from __future__ import annotations

from pathlib import Path

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core import Capabilities, compile_rules
from tutti_custom.checks import problems
from tutti_custom.declaration import Declaration
from tutti_custom.runtime import Declared
from tutti_testing import RuntimeConformance, failures

FILE = Path("/somewhere/a project/tutti.toml")
READY = {"id": "prompt", "state": "idle", "region": "bottom:1", "regex": "^>"}
LIVE = {"state": "status", "states": {"busy": "working"}}

PLAIN = Declaration("plain", "agent")
FULL = Declaration(
    "full",
    ("agent", "chat"),
    title="The Full One",
    prompt="argument",
    args=("--as={name}",),
    args_safe="--ask",
    args_constrained="--deny --policy {policy_file}",
    args_bypass=("--free",),
    session="--session {conversation}",
    resume="--resume {conversation}",
    memory=("--system", "{memory}"),
    env={"X": "1"},
    unset=("Y",),
    live_status="/run/agent/{pid}.json",
    screen=(READY,),
    live=LIVE,
)


class TestPlain(RuntimeConformance):
    runtime = Declared(PLAIN, FILE)


class TestFull(RuntimeConformance):
    runtime = Declared(FULL, FILE)


class TestWithAnOption(RuntimeConformance):
    runtime = Declared(Declaration("o", "agent -x", prompt="option:--ask"), FILE)


class TestWithAPlaceOfItsOwn(RuntimeConformance):
    runtime = Declared(
        Declaration("own", "./agent", prompt="argument", args=("--do={prompt}",)), FILE
    )


class TestBehindTwoDashes(RuntimeConformance):
    runtime = Declared(
        Declaration("dashed", "agent", prompt="argument", args="-- {prompt} {name}"), FILE
    )


def _words(need: str = "") -> st.SearchStrategy[tuple[str, ...]]:
    plain = st.lists(st.sampled_from(["--one", "two words", "--x={name}", "é"]), max_size=2)
    return plain.map(lambda words: (*words, f"--for={{{need}}}") if need else tuple(words))


def _declarations() -> st.SearchStrategy[Declaration]:
    none: st.SearchStrategy[tuple[str, ...]] = st.just(())
    return st.builds(
        Declaration,
        name=st.just("some"),
        command=st.sampled_from(["agent", "./agent go", ("/opt/agent", "a b")]),
        prompt=st.sampled_from(["paste", "argument", "option:--ask"]),
        args=_words(),
        args_safe=_words(),
        args_constrained=none | _words("policy_file"),
        args_bypass=none | st.just(("--free", "--all")),
        session=none | _words("conversation"),
        resume=none | _words("conversation").map(lambda words: (*words, "--again")),
        memory=none | _words("memory"),
        screen=st.sampled_from([(), (READY,)]),
    )


@settings(max_examples=25, deadline=None)
@given(_declarations())
def test_every_declaration_without_a_problem_keeps_the_contract(said: Declaration) -> None:
    """What the check lets through passes the whole suite of runtimes."""
    if list(problems([said])):
        return

    class Suite(RuntimeConformance):
        runtime = Declared(said, FILE)

        def test_the_prompt_arrives_verbatim(self) -> None:
            """Held for a few prompts: the suite's own has Hypothesis ask for many."""
            for prompt in ("--help", "a\nb", "{name} {memory}", "it's $(x)"):
                started = self.launch(prompt=prompt)
                glued = any(word.endswith(f"={prompt}") for word in started.argv)
                assert started.paste == prompt or prompt in started.argv or glued

        def test_nothing_on_a_screen_breaks_it(self) -> None:
            """Held by the suite of the fixed declarations."""

    assert failures(Suite) == {}


def test_what_is_not_declared_cannot_be_done() -> None:
    """A missing key is a missing capability."""
    assert Declared(PLAIN, FILE).capabilities == Capabilities(version=())
    able = Declared(FULL, FILE).capabilities
    assert attrs.evolve(able, commands="") == Capabilities(
        prompt="argument", resume="chosen", constrain="hard", bypass=True, memory=True, version=()
    )


def test_the_providers_of_its_profiles_are_its_own() -> None:
    """A profile of a provider that is named is one for it."""
    said = attrs.evolve(PLAIN, providers=("google",))
    assert Declared(said, FILE).capabilities.providers == ("google",)


def test_a_conversation_is_taken_up_only_if_its_id_was_chosen() -> None:
    """Words to take one up are of no use alone: nobody would know the id."""
    said = attrs.evolve(PLAIN, resume="--resume {conversation}")
    assert Declared(said, FILE).capabilities.resume == "none"


def test_without_rules_nothing_is_known() -> None:
    """A declaration without rules has a rule file without rules."""
    rules = compile_rules(Declared(PLAIN, FILE).rules(), "plain")
    assert (rules["screen"], rules["title"], rules["live"]) == ([], [], None)
