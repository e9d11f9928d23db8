from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_workflow.model import Common
from tutti_workflow.plan.order import (
    Tangle,
    circles,
    needs_of,
    waves,
    with_dependents,
    with_needs,
)


def steps(*depends: object) -> list[Common]:
    """Steps called a, b, c, …, each with its `depends_on`."""
    return [
        Common(id=chr(ord("a") + place), depends_on=one)  # type: ignore[arg-type]
        for place, one in enumerate(depends)
    ]


def graphs(most: int = 12) -> st.SearchStrategy[list[frozenset[int]]]:
    """Any graph of steps, circles included."""
    return st.integers(1, most).flatmap(
        lambda size: st.lists(
            st.frozensets(st.integers(0, size - 1), max_size=3), min_size=size, max_size=size
        )
    )


def acyclic(most: int = 12) -> st.SearchStrategy[list[frozenset[int]]]:
    """Any graph of steps in which each waits for earlier ones only."""
    return graphs(most).map(
        lambda needs: [frozenset(n for n in one if n < place) for place, one in enumerate(needs)]
    )


class TestNeeds:
    """`depends_on` by id or by number."""

    def test_a_step_that_does_not_say_waits_for_the_one_before(self) -> None:
        """Without `depends_on` anywhere a workflow is a sequence."""
        assert needs_of(steps(None, None, None)) == [frozenset(), {0}, {1}]

    def test_an_empty_list_waits_for_nothing(self) -> None:
        """A step that says `depends_on = []` can begin at once."""
        assert needs_of(steps(None, (), (1, "b"))) == [frozenset(), frozenset(), {0, 1}]

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            (0, "there is no step 0: they are numbered from 1 to 2"),
            (3, "there is no step 3: they are numbered from 1 to 2"),
            ("z", "no step has the id 'z' (ids here: a, b)"),
            (2, "a step cannot wait for itself"),
            ("b", "a step cannot wait for itself"),
        ],
    )
    def test_what_is_not_there_is_named(self, entry: object, message: str) -> None:
        """A number or an id of no step, or of the step itself, is said with what there is."""
        with pytest.raises(Tangle) as caught:
            needs_of(steps(None, (entry,)))
        assert caught.value.faults == ((1, message),)

    def test_one_step_named_twice_is_said(self) -> None:
        """By its number and by its id is twice too."""
        with pytest.raises(Tangle, match="names step 1 twice"):
            needs_of(steps(None, (1, "a")))

    def test_a_circle_is_shown(self) -> None:
        """Steps that wait for each other are named in the order in which they do."""
        with pytest.raises(Tangle) as caught:
            needs_of(steps(("c",), ("a",), ("b",)))
        said = "waits in a circle: a waits for c waits for b waits for a"
        assert caught.value.faults == ((0, said),)


class TestGraphs:
    """What holds of every graph."""

    @given(graphs())
    def test_a_circle_is_found_exactly_where_there_is_one(
        self, needs: list[frozenset[int]]
    ) -> None:
        """Each circle found is one, and a graph without any can be done to its end."""
        found = list(circles(needs))
        for circle in found:
            for place, after in zip(circle, [*circle[1:], circle[0]], strict=True):
                assert after in needs[place]
        done: set[int] = set()
        while more := {n for n, need in enumerate(needs) if need <= done} - done:
            done |= more
        assert bool(found) == (len(done) < len(needs))

    @given(acyclic())
    def test_a_wave_has_what_can_begin_when_those_before_are_done(
        self, needs: list[frozenset[int]]
    ) -> None:
        """Every step is in one wave, right after the last of those that it waits for."""
        found = waves(needs)
        level = {place: n for n, wave in enumerate(found) for place in wave}
        assert sorted(level) == list(range(len(needs)))
        for place, need in enumerate(needs):
            assert level[place] == max((level[n] + 1 for n in need), default=0)

    @given(acyclic(), st.sets(st.integers(0, 11)))
    def test_what_is_needed_and_what_depends_mirror_each_other(
        self, needs: list[frozenset[int]], chosen: set[int]
    ) -> None:
        """A step needs another exactly if that one's dependents include it."""
        for place in chosen & set(range(len(needs))):
            for other in with_needs(needs, {place}):
                assert place in with_dependents(needs, {other})
            for other in with_dependents(needs, {place}):
                assert place in with_needs(needs, {other})
