"""What the tests of the assembly share: where the house stands, and its members."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for ``member`` once for every distribution's folder."""
    if "member" in metafunc.fixturenames:
        projects = [*ROOT.glob("tutti_*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]
        folders = sorted(project.parent for project in projects)
        metafunc.parametrize("member", folders, ids=lambda folder: folder.name, scope="session")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the whole repository."""
    return ROOT
