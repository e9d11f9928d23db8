"""Runs a suite without pytest, for the tests of suites."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis._settings import local_settings


def failures(suite: type, only: Collection[str] = ()) -> dict[str, BaseException]:
    """Run a suite without pytest and return what failed; for tests of suites.

    Args:
        suite: A subclass of a suite, with everything it needs.
        only: The names of the tests to run; all of them if empty.

    Returns:
        The failures by name of the test.
    """
    found: dict[str, BaseException] = {}
    for name in [one for one in dir(suite) if one.startswith("test_")]:
        if only and name not in only:
            continue
        with tempfile.TemporaryDirectory(prefix="tt-", ignore_cleanup_errors=True) as folder:
            wants = "tmp_path" in getattr(suite, name).__code__.co_varnames[:2]
            arguments = [Path(folder)] if wants else []
            try:
                with _as_found():
                    getattr(suite(), name)(*arguments)
            except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever it is, it is found
                found[name] = error
    return found


@contextmanager
def _as_found() -> Iterator[None]:
    """Leave an example as it was found: making it small costs seconds, and nobody reads it."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    # A profile cannot be registered where a test of somebody's has settings of its own.
    with local_settings(settings(settings.default, phases=phases)):
        yield
