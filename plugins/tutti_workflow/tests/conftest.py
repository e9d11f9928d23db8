"""A workspace in which workflows run, with steps whose effects are on record."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recorded import Desk
from tutti_core import Plugins


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A workspace without a team, in a home of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return Desk(tmp_path / "project", Plugins.installed())


@pytest.fixture
def until() -> Callable[..., Any]:
    """Waits for a condition, with a deadline."""

    def wait(condition: Callable[[], Any], secs: float = 60.0) -> Any:
        end = time.monotonic() + secs
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.01)
        raise AssertionError("it did not come about in time")

    return wait
