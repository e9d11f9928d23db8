"""The page on declared runtimes is followed: its file, its script, what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import blocks
from playing import Player

from tutti_testing import Stage
from tutti_testing.stage import carrying

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "declare-a-runtime.md"
FIRST_SCREEN = 40  # lines


def test_it_works_on_its_first_screen() -> None:
    """A whole team on a declared runtime is what the reader sees first."""
    first = next(blocks(PAGE))
    assert (first.label, "[[runtime]]" in first.text) == ("tutti.toml", True)
    assert first.line + first.text.count("\n") <= FIRST_SCREEN


@pytest.mark.timeout(120)
def test_the_page_goes_as_it_says(workspace: Stage) -> None:
    """Each command answers what the page shows, from the trial to the end of the team."""
    (script,) = [block for block in blocks(PAGE) if block.label == "magpie"]
    path = workspace.root / "magpie"
    path.write_text(script.text, encoding="utf-8")
    path.chmod(0o755)
    player = Player(workspace)
    player.cwd = workspace.root
    assert player.play(PAGE) == []
    assert carrying(workspace.root) == []
