"""What the tests of the documentation share: the pages, and the tools that read them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "tools"))


@pytest.fixture(scope="session")
def page() -> Callable[[str], str]:
    """Gives the text of a page, by its path below docs."""
    return lambda name: (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, so that nothing of whoever runs the tests is read."""
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TUTTI_ROOT", "TUTTI_AGENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def sources() -> list[Path]:
    """The modules that run on a user's machine, the scripted agent's own program apart."""
    members = [*ROOT.glob("tutti_*"), *ROOT.glob("plugins/tutti_*")]
    ours = [member for member in members if member.name != "tutti_testing"]
    found = [file for member in ours for file in member.glob("src/**/*.py")]
    return sorted(file for file in found if file.parent.name != "agent")
