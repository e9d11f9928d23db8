"""Discovery: the kept list is used while it is true, and never a moment longer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutti_core import discovery
from tutti_core.discovery import Entry
from tutti_core.plugins import Plugins

SOURCE = """
from tutti_core import hookimpl


@hookimpl
def tutti_commands():
    from tutti_core import Command

    return [Command({name!r}, "json:loads", "Do it.")]
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep the list in a folder of the test's own, with a path of its own to look in."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TUTTI_DISABLE_PLUGINS", raising=False)
    monkeypatch.delenv("TUTTI_AGENT", raising=False)
    monkeypatch.syspath_prepend(str(site))
    yield site
    for name in [name for name in sys.modules if name.startswith("ours_")]:
        del sys.modules[name]


def install(site: Path, name: str, version: str = "1.0") -> Path:
    """Install a plugin with one command into a folder of the path."""
    (site / f"ours_{name}.py").write_text(SOURCE.format(name=name), encoding="utf-8")
    info = site / f"ours_{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: ours-{name}\nVersion: {version}\n"
    )
    (info / "entry_points.txt").write_text(f"[tutti]\nours_{name} = ours_{name}\n")
    os.utime(site, ns=(1, site.stat().st_mtime_ns + 1))
    return info


def names(plugins: Plugins) -> set[str]:
    """Return the names of this test's own plugins."""
    return {entry.name for entry in plugins.entries if entry.name.startswith("ours_")}


def test_an_installed_plugin_is_found_and_kept(own_cache: Path) -> None:
    """The first look is kept, with the commands; the second look reads what was kept."""
    install(own_cache, "one")
    assert names(Plugins.installed()) == {"ours_one"}
    kept = discovery.read_cache()
    assert kept is not None
    assert ["ours_one", "ours_one", "ours-one", "1.0"] in kept["entries"]
    assert {"name": "one", "distribution": "ours-one"}.items() <= _row(kept, "one").items()


def test_an_installation_makes_the_list_stale(own_cache: Path) -> None:
    """A plugin installed after the list was kept is found at once."""
    Plugins.installed()
    install(own_cache, "later")
    assert discovery.read_cache() is None
    assert names(Plugins.installed()) == {"ours_later"}


def test_a_removal_makes_the_list_stale(own_cache: Path) -> None:
    """A plugin that was removed is not asked for again."""
    info = install(own_cache, "gone")
    Plugins.installed()
    for file in info.iterdir():
        file.unlink()
    info.rmdir()
    assert names(Plugins.installed()) == set()


def test_an_edited_source_makes_the_list_stale(own_cache: Path) -> None:
    """A command that is renamed in an editable source is noticed, though no folder changed."""
    install(own_cache, "old")
    Plugins.installed()
    source = own_cache / "ours_old.py"
    source.write_text(SOURCE.format(name="renamed"), encoding="utf-8")
    os.utime(source, ns=(1, source.stat().st_mtime_ns + 1))
    assert discovery.read_cache() is None


def test_what_stands_beside_a_plugin_that_is_worked_on_counts(own_cache: Path) -> None:
    """Rules edited beside the module of an editable plugin are noticed, as are new files."""
    info = install(own_cache, "one")
    package = own_cache / "ours_worked_on"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_text(SOURCE.format(name="one"))
    (package / "rules.toml").write_text("# rules\n")
    (info / "entry_points.txt").write_text("[tutti]\nours_one = ours_worked_on.plugin\n")
    for changed in ("rules.toml", "more.py"):
        Plugins.installed()
        assert discovery.read_cache() is not None
        (package / changed).write_text("# other rules\n")
        os.utime(package / changed, ns=(1, 1))
        assert discovery.read_cache() is None


def test_two_distributions_with_one_name_are_both_found(own_cache: Path) -> None:
    """Which of them comes first on the path does not decide which one counts."""
    install(own_cache, "one")
    rival = install(own_cache, "two")
    (rival / "entry_points.txt").write_text("[tutti]\nours_one = ours_two\n")
    found = Plugins.installed()
    owners = [entry.distribution for entry in found.entries if entry.name == "ours_one"]
    assert owners == ["ours-one", "ours-two"]
    assert "both give" in found.broken["ours_one"].reason
    assert discovery.read_cache() is None


def test_a_distribution_on_the_path_twice_is_one(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old copy further down the path is no rival."""
    install(own_cache, "one")
    older = tmp_path / "older"
    older.mkdir()
    install(older, "one", "0.9")
    monkeypatch.setattr(sys, "path", [*sys.path, str(older)])
    found = Plugins.installed()
    assert [entry.version for entry in found.entries if entry.name == "ours_one"] == ["1.0"]
    assert "ours_one" not in found.broken


def test_the_core_cannot_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """There would be nobody left to say so."""
    monkeypatch.setenv("TUTTI_DISABLE_PLUGINS", "core,demo")
    assert discovery.switched_off() == {"demo"}


def test_edited_metadata_makes_the_list_stale(own_cache: Path) -> None:
    """An entry point edited in place is noticed, though its folder's time is the same."""
    info = install(own_cache, "one")
    Plugins.installed()
    before = info.stat()
    (info / "entry_points.txt").write_text("[tutti]\nours_other = ours_one\n")
    os.utime(info, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert names(Plugins.installed()) == {"ours_other"}


@pytest.mark.parametrize(
    "junk", [b"", b"{", b"[]", b'{"format": 0}', b'{"format": 1}', b"\xff\xfe", b"[" * 99_999]
)
def test_a_damaged_list_is_made_anew(own_cache: Path, junk: bytes) -> None:
    """Whatever stands in the file, looking works."""
    install(own_cache, "one")
    Plugins.installed()
    discovery.cache_path().write_bytes(junk)
    assert names(Plugins.installed()) == {"ours_one"}


def test_a_broken_plugin_is_looked_at_every_time(own_cache: Path) -> None:
    """While something is broken nothing is kept, so that mending it shows at once."""
    install(own_cache, "one")
    (own_cache / "ours_one.py").write_text("raise ValueError('half written')")
    assert "ours_one" in Plugins.installed().broken
    assert discovery.read_cache() is None


def test_an_unwritable_cache_only_costs_time(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking works where nothing can be kept."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    install(own_cache, "one")
    assert names(Plugins.installed()) == {"ours_one"}


def test_switched_off_plugins_are_not_loaded(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin named in TUTTI_DISABLE_PLUGINS is listed and gives nothing."""
    install(own_cache, "one")
    monkeypatch.setenv("TUTTI_DISABLE_PLUGINS", "other, ours_one")
    plugins = Plugins.installed()
    assert plugins.off == {"other", "ours_one"}
    assert "ours_one" in names(plugins)
    assert plugins.gives("ours_one") == ()


def test_an_agent_cannot_switch_a_plugin_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside an agent's own pane the switch does nothing: a policy is not the agent's to drop."""
    monkeypatch.setenv("TUTTI_DISABLE_PLUGINS", "permissions")
    monkeypatch.setenv("TUTTI_AGENT", "builder")
    assert discovery.switched_off() == frozenset()


def test_the_key_follows_what_is_switched_off(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is compiled for one set of plugins is not used for another."""
    Plugins.installed()
    kept = discovery.read_cache()
    assert kept is not None
    before = discovery.plugins_key(kept)
    monkeypatch.setenv("TUTTI_DISABLE_PLUGINS", "permissions")
    assert discovery.plugins_key(kept) != before


def test_entries_are_plain_values() -> None:
    """An entry survives the way through JSON."""
    entry = Entry("a", "b", "c", "1")
    assert Entry(*json.loads(json.dumps(list(entry)))) == entry


def _row(kept: dict[str, list[dict[str, object]]], name: str) -> dict[str, object]:
    return next(row for row in kept["commands"] if row["name"] == name)
