"""Plugins come and go: installed, found at once, broken, removed, and never by halves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from sysconfig import get_path

import pytest

from tutti_testing import Stage
from tutti_testing.stage import Result

GOOD = """
from tutti_core import hookimpl

@hookimpl
def tutti_templates():
    return []
"""


class Apart:
    """A tt in an environment of its own, in which plugins can be installed."""

    def __init__(self, workspace: Stage, folder: Path) -> None:
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60
        )
        self.python = str(folder / "bin" / "python")
        asked = [self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        site = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=20).stdout
        # What is installed here is seen from there; what is installed there stays there.
        (Path(site.strip()) / "around.pth").write_text(
            f"import site; site.addsitedir({get_path('purelib')!r})\n"
        )
        self.workspace = workspace
        path = f"{Path(sys.executable).parent}{os.pathsep}{workspace.env['PATH']}"
        self.env = {"PATH": path, "PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}

    def tt(self, *words: str) -> Result:
        """Run this tt."""
        return self.workspace.run(self.python, "-m", "tutti_core", *words, env=self.env)


@pytest.fixture
def apart(workspace: Stage, tmp_path: Path) -> Apart:
    """Give a tt whose environment may be changed."""
    return Apart(workspace, tmp_path / "env")


def wheel(folder: Path, source: str, version: str = "1.0") -> str:
    """Write a wheel of one plugin module and return its path."""
    path = folder / f"tutti_guest-{version}-py3-none-any.whl"
    info = f"tutti_guest-{version}.dist-info"
    files = {
        "tutti_guest.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tutti-guest\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[tutti]\nguest = tutti_guest\n",
    }
    rows = [f"{name},," for name in (*files, f"{info}/RECORD")]
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": "\n".join(rows) + "\n"}.items():
            archive.writestr(name, text)
    return str(path)


def test_a_plugin_comes_and_goes(apart: Apart, tmp_path: Path) -> None:
    """What was installed is listed at once with what it gives; what was removed is gone."""
    known = {row["name"] for row in apart.tt("plugins", "--json").well().json()}
    done = apart.tt("plugins", "install", wheel(tmp_path, GOOD), "--json").well().json()
    (added,) = done["added"]
    assert (done["ok"], done["action"], done["removed"]) == (True, "install", [])
    assert (added["name"], added["version"], added["gives"]) == ("guest", "1.0", ["templates"])
    shown = apart.tt("plugins").well().stdout
    assert "tutti-guest" in shown
    told = apart.tt("plugins", "uninstall", "guests").badly().stderr
    assert "guests is not installed" in told
    again = apart.tt("plugins", "uninstall", "guest", "--json").well().json()
    assert [row["name"] for row in again["removed"]] == ["guest"]
    assert {row["name"] for row in apart.tt("plugins", "list", "--json").well().json()} == known


def test_a_plugin_that_breaks_is_no_success(apart: Apart, tmp_path: Path) -> None:
    """The installer was content; the plugin is set aside, which is said and is exit code 1."""
    told = apart.tt("plugins", "install", wheel(tmp_path, "import no_such_thing")).badly()
    assert "+ tutti-guest 1.0 (broken): ModuleNotFoundError" in told.stdout
    assert "core" in apart.tt("plugins").well().stdout


def test_what_cannot_be_installed_is_a_failure(apart: Apart) -> None:
    """The installer's own exit code is tt's, and with --json only JSON is on standard output."""
    done = apart.tt("plugins", "install", "nobody-ever-made-this", "--json")
    assert done.exit_code != 0
    assert done.json()["ok"] is False
    assert done.json()["added"] == []


def test_refresh_looks_again(workspace: Stage) -> None:
    """A kept list that is wrong, and does not look it, is rebuilt when somebody asks for that."""
    workspace.tt("plugins").well()
    (path,) = (workspace.home / ".cache" / "tutti").glob("plugins-*.json")
    kept = json.loads(path.read_text())
    kept["entries"] = [row for row in kept["entries"] if row[0] != "demo"]
    path.write_text(json.dumps(kept))
    names = [{row["name"] for row in workspace.tt(*words).well().json()} for words in ASKED]
    assert ["demo" in found for found in names] == [False, True, True]


ASKED = (("plugins", "--json"), ("plugins", "--refresh", "--json"), ("plugins", "list", "--json"))
