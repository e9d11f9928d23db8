"""Whatever is done to a team, in whatever order, with tt killed in between: nothing is lost."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator

import pytest

from torture import World, kill_at
from tutti_testing import Stage

COMMANDS = (("down", "--clean"), ("up", "--fresh-worktree"), ("gc",), ("up", "--new"))


def torture(stage: Stage, steps: int, seed: int) -> None:
    """Do so many things to a team; at the end it must come up, and the repository be whole."""
    world = World(stage, int(os.environ.get("TUTTI_SEED", seed)))
    stage.tt("up").well()
    for _ in range(steps):
        world.step()
    stage.tt("down")
    done = stage.tt("up")
    assert done.exit_code == 0, f"{world.story()}\n{done!r}"
    assert "error" not in world.git(stage.root, "fsck", "--no-progress", "--connectivity-only")


@pytest.mark.timeout(300)
def test_a_few_acts(workspace: Stage) -> None:
    """A handful of acts, the same each time but for the instants of the kills, loses nothing."""
    torture(workspace, 6, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("run", range(20))
def test_many_acts(workspace: Stage, run: int) -> None:
    """Nor do many of them, again and again."""
    torture(workspace, 40, seed=random.randrange(10**6))


def killed_at_each(stage: Stage, words: tuple[str, ...], effects: Iterator[int]) -> int:
    """Kill a command before one effect after the other; each time all is there and `up` works.

    Returns:
        How often it was killed.
    """
    world = World(stage, seed=7)
    killed = 0
    for effect in effects:
        stage.tt("up").well()
        for _ in range(6):
            world.done.append("")
            world.work()
        world.done.append(f"tt {' '.join(words)}, killed before effect {effect}")
        if not kill_at(stage, effect, *words):
            break
        killed += 1
        world.check()
    stage.tt("down")
    done = stage.tt("up")
    assert done.exit_code == 0, f"{world.story()}\n{done!r}"
    world.check()
    assert "error" not in world.git(stage.root, "fsck", "--no-progress", "--connectivity-only")
    return killed


@pytest.mark.timeout(300)
def test_killed_at_three_effects(workspace: Stage) -> None:
    """Taking a team down with its trees, killed early, in the middle and late, loses nothing."""
    assert killed_at_each(workspace, ("down", "--clean"), iter((12, 60, 110))) == 3


@pytest.mark.soak
@pytest.mark.parametrize(
    "words",
    [("down", "--clean"), ("up", "--fresh-worktree"), ("gc",), ("up", "--new")],
    ids=" ".join,
)
def test_killed_at_each_effect(workspace: Stage, words: tuple[str, ...]) -> None:
    """No command loses anything, wherever it is killed: at each git, tmux and file written."""
    assert killed_at_each(workspace, words, itertools.count(1)) > 3
