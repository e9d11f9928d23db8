from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tutti_core.config.schema import Schema
from tutti_core.errors import PluginError
from tutti_core.model.contract import Keys, Table

if TYPE_CHECKING:
    from nowhere import Missing  # type: ignore[import-not-found]


@attrs.frozen
class Budget:
    """A plugin's table."""

    cap: int = 0


@attrs.frozen
class Other:
    """Another plugin's table."""

    cap: int = 0


@attrs.frozen
class Tree:
    """Keys of a plugin."""

    copy: tuple[str, ...] = ()


@attrs.frozen
class Needy:
    """Keys that cannot be left out."""

    copy: str


@attrs.frozen
class Clashing:
    """Keys of which one is the core's."""

    scope: str = ""


@attrs.frozen
class Unresolved:
    """A class with an annotation nobody can look up."""

    cap: Missing | None = None


def refusal(*declared: tuple[str, Table | Keys]) -> str:
    with pytest.raises(PluginError) as caught:
        Schema.of(declared)
    return caught.value.message


def test_the_cores_tables_are_there_without_any_plugin() -> None:
    """Each file has the tables the core owns, and not the other file's."""
    schema = Schema()
    in_workspace = [one.name for one in schema.sections if one.stands_in("workspace")]
    in_global = [one.name for one in schema.sections if one.stands_in("global")]
    assert in_workspace == (
        ["workspace", "defaults", "launch", "roles", "agent", "tool_pack", "observe", "resilience"]
    )
    assert in_global == ["resilience", "user", "profile", "dashboard", "registered_workspace"]


def test_a_plugins_table_is_found_in_its_own_file_only() -> None:
    """A table stands where its owner says."""
    schema = Schema.of([("tutti-usage", Table("budget", Budget, scope="global"))])
    found = schema.find("budget", "global")
    assert found is not None
    assert (found.owner, found.kind) == ("tutti-usage", Budget)
    assert schema.find("budget", "workspace") is None
    assert schema.elsewhere("budget")
    assert not schema.elsewhere("nothing")


@pytest.mark.parametrize("scope", ["workspace", "global", "both"])
def test_two_owners_of_a_table_are_both_named(scope: Any) -> None:
    """A table has one owner, whichever file each means."""
    message = refusal(
        ("tutti-usage", Table("budget", Budget)), ("other-plugin", Table("budget", Other, scope))
    )
    assert message == "tutti-usage and other-plugin both own the table [budget]"


def test_a_table_of_the_cores_is_taken() -> None:
    """No plugin can have a name the core has."""
    message = refusal(("other-plugin", Table("agent", Budget)))
    assert message == "tutti-core and other-plugin both own the table [agent]"


def test_one_owner_may_have_a_table_in_each_file() -> None:
    """The two may differ in type; they must not overlap."""
    here, there = Table("budget", Budget), Table("budget", Other, scope="global")
    schema = Schema.of([("tutti-usage", here), ("tutti-usage", there)])
    found = schema.find("budget", "global")
    assert found is not None
    assert found.kind is Other
    overlapping = Table("budget", Other, scope="both")
    assert "both own the table" in refusal(("a", here), ("a", overlapping))


def test_one_class_describes_one_table() -> None:
    """Tables are looked up by their class, so two may not share one."""
    message = refusal(("a", Table("one", Budget)), ("b", Table("two", Budget)))
    assert message == "a and b both own the class Budget"


def test_two_owners_of_a_key_are_both_named() -> None:
    """A key has one owner, be it the core or a plugin."""
    assert refusal(("a", Keys("agent", Tree)), ("b", Keys("agent", Tree))) == (
        "a and b both own the key 'copy' of [agent]"
    )
    assert refusal(("a", Keys("agent", Clashing))) == (
        "tutti-core and a both own the key 'scope' of [agent]"
    )


def test_keys_stand_beside_the_tables_own() -> None:
    """The keys a plugin adds are among those the table takes."""
    found = Schema.of([("tutti-worktree", Keys("agent", Tree))]).find("agent", "workspace")
    assert found is not None
    assert "copy" in found.names
    assert "runtime" in found.names
    assert "extras" not in found.names


@pytest.mark.parametrize("name", ["roles", "tool_pack"])
def test_some_tables_take_no_keys(name: str) -> None:
    """A free table, and an array whose entries carry nothing of plugins, cannot be extended."""
    message = refusal(("a", Keys(name, Tree)))
    assert message == f"a adds keys to [{name}], which takes none from plugins"


def test_keys_for_a_table_that_is_none_are_refused() -> None:
    """A misspelt table is the plugin's mistake, and is said to be."""
    message = refusal(("a", Keys("agents", Tree)))
    assert message == "a adds keys to [agents], and nobody owns that table"


def test_keys_for_a_table_that_is_not_at_work_wait_for_it() -> None:
    """Keys in a table of ours that is not installed, or of a plugin set aside, harm nobody."""
    Schema.of([("a", Keys("workflow", Tree))])
    Schema.of([("a", Keys("theirs", Tree))], {"their-plugin": "is switched off"})


def test_keys_without_a_default_are_refused() -> None:
    """A plugin cannot make every existing file wrong."""
    message = refusal(("a", Keys("agent", Needy)))
    assert message == "a adds the key 'copy' to [agent] without a default"


def test_what_a_class_makes_up_itself_is_no_key() -> None:
    """A field that cannot be given when the value is made is not asked of the file."""

    @attrs.frozen
    class Derived:
        cap: int = 0
        twice: int = attrs.field(init=False, default=0)

    found = Schema.of([("a", Table("x", Derived))]).find("x", "workspace")
    assert found is not None
    assert found.names == ("cap",)


def test_a_type_that_cannot_be_used_is_refused_by_name() -> None:
    """What is no attrs class, or cannot be resolved, is the plugin's mistake."""
    assert refusal(("a", Keys("agent", dict))) == (
        "a gives keys of [agent] a type that is no attrs class: <class 'dict'>"
    )
    assert refusal(("a", Table("x", dict))) == (
        "a gives [x] a type that is no attrs class: <class 'dict'>"
    )
    assert "a gives [x] a class with an annotation that cannot be resolved" in refusal(
        ("a", Table("x", Unresolved))
    )


def test_what_is_set_aside_is_remembered() -> None:
    """The schema knows which distributions are there and not at work."""
    absent: Mapping[str, str] = {"tutti-usage": "is switched off"}
    assert Schema.of([], absent).absent == absent
