from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tutti_core.config.branches import why_not


@pytest.mark.parametrize("name", ["main", "tutti/api", "a.b/c-d_e", "ü", "x@y", "a{b}"])
def test_ordinary_branches_are_taken(name: str) -> None:
    """What git takes is not refused."""
    assert why_not(name) == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is blank"),
        ("  ", "it is blank"),
        ("-x", 'it begins with "-"'),
        ("HEAD", "git means something else by it"),
        ("@", "git means something else by it"),
        ("a b", "it holds a blank or one of ~ ^ : ? * [ \\"),
        ("a:b", "it holds a blank or one of ~ ^ : ? * [ \\"),
        ("a..b", 'it holds ".."'),
        ("a@{b", 'it holds "@{"'),
        ("/a", "a part between slashes is empty"),
        ("a/", "a part between slashes is empty"),
        ("a//b", "a part between slashes is empty"),
        (".a", 'a part begins with "."'),
        ("a/.b", 'a part begins with "."'),
        ("a.lock/b", 'a part ends with ".lock"'),
        ("a.", 'it ends with "."'),
    ],
)
def test_what_git_refuses_is_refused_with_the_reason(name: str, reason: str) -> None:
    """Each of git's rules has a sentence."""
    assert why_not(name) == reason


def taken_by_git(name: str) -> bool:
    asked = ["git", "check-ref-format", f"refs/heads/{name}"]
    return subprocess.run(asked, check=False, timeout=20, capture_output=True).returncode == 0


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab/.@{}~^:?*[\\ -\tlock\x7fé", min_size=1, max_size=8))
@example("a.lock")
@example("a/b.lock")
@example("@/a")
@example("a/@")
def test_git_itself_is_of_the_same_mind(name: str) -> None:
    """Beside the names git keeps for itself, the rules are git's own."""
    ours = why_not(name)
    if name in ("@", "HEAD") or name.startswith("-"):
        assert ours
    else:
        assert (ours == "") == taken_by_git(name), (name, ours)
