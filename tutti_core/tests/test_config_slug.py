from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.config.slug import is_slug, propose


@pytest.mark.parametrize("name", ["a", "7", "api-tests", "A_b", "x" * 64])
def test_what_is_safe_everywhere_is_a_slug(name: str) -> None:
    """Letters, digits, hyphens and underscores make a name, up to 64 of them."""
    assert is_slug(name)


@pytest.mark.parametrize(
    "name",
    ["", "-a", "_a", "my.app", "a:b", "a b", "a/b", "../a", "é", "a\n", "x" * 65],
)
def test_what_tmux_git_or_a_folder_would_change_is_no_slug(name: str) -> None:
    """A name that any of them rewrites, refuses or reads as a path is refused."""
    assert not is_slug(name)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("my.app", "my-app"),
        ("My Project (2)", "My-Project-2"),
        ("Überprüfung", "Uberprufung"),
        ("_hidden", "hidden"),
        ("../x", "x"),
        ("日本", "unnamed"),
        ("", "unnamed"),
        ("x" * 63 + ".y", "x" * 63),
    ],
)
def test_a_proposal_keeps_what_it_can(text: str, slug: str) -> None:
    """The proposed name is the text with what cannot stay left out."""
    assert propose(text) == slug


@given(st.text())
def test_a_proposal_is_always_a_slug(text: str) -> None:
    """Whatever is written, what is proposed can be used."""
    assert is_slug(propose(text))


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True))
def test_a_slug_is_its_own_proposal(name: str) -> None:
    """A name that can be used is not changed."""
    assert propose(name) == name
