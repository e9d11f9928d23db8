"""The order of names: as people count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tutti_core.model.order import natural


def test_numbers_count() -> None:
    """A number is a number wherever it stands, and a name without one comes first."""
    names = ["a10", "b", "a2-x10", "a", "A3", "a2-x9", "a02", "7", "a2"]
    ordered = ["7", "a", "a02", "a2", "a2-x9", "a2-x10", "A3", "a10", "b"]
    assert sorted(names, key=natural) == ordered


@given(st.lists(st.text(alphabet="aB0179-_²", max_size=8)))
def test_any_names_have_one_order(names: list[str]) -> None:
    """Nothing raises, and two names that differ are never taken for one."""
    backwards = names[::-1]
    assert sorted(names, key=natural) == sorted(backwards, key=natural)
    assert len({natural(name) for name in names}) == len(set(names))
