"""Fixtures for plugin authors: a workspace of one's own, `tt` in it, and a scripted model."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .model import ModelServer
    from .stage import Stage

pytest.register_assert_rewrite(
    *(f"tutti_testing.{one}" for one in ("conformance", "drills", "stage"))
)


def pytest_configure() -> None:
    """Let signals be heard that a shell's background job ignores, and so would all it starts."""
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True, scope="session")
def _unwatched() -> Iterator[None]:
    """Let no verb that a test calls start a watcher: one would outlive the test."""
    before = os.environ.get("TUTTI_WATCHER")
    os.environ["TUTTI_WATCHER"] = "off"
    yield
    if before is None:
        del os.environ["TUTTI_WATCHER"]
    else:
        os.environ["TUTTI_WATCHER"] = before


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Give a folder with a short path: a socket's path may have 100 characters or so."""
    from .conformance.ground import short_folder as short

    with short() as folder:
        yield folder


@pytest.fixture(scope="session")
def _found_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it is kept which plugins there are, as it is on the second day of a user."""
    from .stage import Stage, environment

    home = tmp_path_factory.mktemp("found")
    Stage(home, home, environment(home, home)).tt("plugins").well()
    return home / ".cache"


@pytest.fixture
def workspace(tmp_path: Path, short_folder: Path, _found_before: Path) -> Iterator[Stage]:
    """Give a git repository to put a team in; whatever was started in it is ended afterwards."""
    from .stage import Stage, environment

    home = tmp_path / "home"
    home.mkdir()
    shutil.copytree(_found_before, home / ".cache")
    stage = Stage(tmp_path / "project", home, environment(home, short_folder))
    yield stage.repository()
    stage.close()


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """Give a scripted model server on loopback."""
    from .model import ModelServer

    with ModelServer() as server:
        yield server
