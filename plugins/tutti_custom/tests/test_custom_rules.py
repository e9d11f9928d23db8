"""The rules of a declaration: what stands in it, or a file below its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from tutti_core import compile_rules
from tutti_core.errors import ConfigError
from tutti_custom.declaration import Declaration
from tutti_custom.rules import written
from tutti_custom.runtime import Declared
from tutti_custom.screens import NAMES, rules_for

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = TEXT | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner))


@given(st.dictionaries(TEXT, VALUES))
def test_whatever_was_read_is_written_as_it_was(parts: dict[str, Any]) -> None:
    """Every value comes back, whatever characters it holds."""
    assert tomli.loads(written(parts)) == parts


def test_a_file_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    """Its text is the runtime's, as it is now, and it is named as a source."""
    runtime = Declared(Declaration("x", "agent", rules_file="r/x.toml"), tmp_path / "tutti.toml")
    (tmp_path / "r").mkdir()
    path = tmp_path / "r" / "x.toml"
    for text in ("# one\n", "# two\n"):
        path.write_text(text)
        assert runtime.rules() == text
    assert runtime.sources == (str(path),)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The error says whose file it is and where it was looked for."""
    runtime = Declared(Declaration("x", "agent", rules_file="x.toml"), tmp_path / "tutti.toml")
    with pytest.raises(ConfigError, match="rules_file of runtime 'x' cannot be read"):
        runtime.rules()


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A file of somebody else's is not read, however it is reached."""
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("")
    (tmp_path / "in" / "x.toml").symlink_to(tmp_path / "secret")
    said = Declaration("x", "agent", rules_file="x.toml")
    with pytest.raises(ConfigError, match="leads out of"):
        Declared(said, tmp_path / "in" / "tutti.toml").rules()


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_cli_that_is_known_is_read_without_rules_of_its_own(name: str, tmp_path: Path) -> None:
    """A declaration of its name needs none; what it says of its own counts instead."""
    bare = Declared(Declaration(name, "agent"), tmp_path / "tutti.toml")
    assert bare.rules() == rules_for(name)
    assert compile_rules(bare.rules(), name)["screen"]
    own = Declaration(name, "agent", screen=({"id": "x", "state": "idle", "regex": "^>"},))
    rules = compile_rules(Declared(own, tmp_path / "tutti.toml").rules(), name)
    assert [one["id"] for one in rules["screen"]] == ["x"]


def test_a_cli_that_is_not_known_has_no_rules(tmp_path: Path) -> None:
    """Nothing is guessed of a name."""
    assert Declared(Declaration("strange", "agent"), tmp_path / "tutti.toml").rules() == ""
    assert rules_for("strange") == ""
