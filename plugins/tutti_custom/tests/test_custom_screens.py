"""CLIs that no plugin starts are read right, from their saved screens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutti_core import compile_rules
from tutti_core.detection.evidence import gather
from tutti_core.detection.judge import judge
from tutti_core.model.reading import Reading
from tutti_custom.screens import rules_for
from tutti_testing.corpus import Case, cases

FOLDER = Path(__file__).parent / "corpus"
SAVED = {
    f"{folder.name}/{case.state}/{case.path.stem}": (folder.name, case)
    for folder in sorted(FOLDER.iterdir())
    if folder.is_dir()
    for case in cases(folder)
}


def reading(runtime: str, case: Case, *, titled: bool) -> Reading:
    """Return what a screen means, with or without its pane's title."""
    seen = case.observed(runtime)
    seen = seen if titled else seen._replace(title=None)
    return judge(seen, gather(compile_rules(rules_for(runtime), runtime), seen))


@pytest.mark.parametrize("titled", [True, False])
@pytest.mark.parametrize("name", sorted(SAVED))
def test_a_saved_screen_shows_what_its_folder_says(name: str, titled: bool) -> None:
    """State and kind are read from the screen, with the title and without it."""
    runtime, case = SAVED[name]
    found = reading(runtime, case, titled=titled)
    assert (found.state, found.kind or None) == (case.state, case.facts["kind"])
