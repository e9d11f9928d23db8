"""Screens saved by the runtimes of this repository, judged by the command that anybody can run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tutti_testing import Stage

ROOT = Path(__file__).parents[2]
PLACES = {
    "aider": ROOT / "tutti_aider",
    "claude-code": ROOT / "tutti_claude",
    "codex": ROOT / "tutti_codex",
    "openclaw": ROOT / "tutti_openclaw",
}
BESIDE_THE_SCREEN = {"exited": {"idle", "unknown"}, "starting": {"idle", "unknown"}}
"""States that the process shows, and not the screen: what a screen of theirs may look like."""


@pytest.mark.parametrize("runtime", sorted(PLACES))
def test_saved_screens_show_what_their_folders_say(workspace: Stage, runtime: str) -> None:
    """Each file is one line with the state that whoever saved it saw, wherever one stands."""
    files = sorted((PLACES[runtime] / "tests" / "corpus").glob("*/*.txt"))
    words = ("detect", "--runtime", runtime, "--json", "--screen", *map(str, files))
    told = [json.loads(line) for line in workspace.tt(*words).well().stdout.splitlines()]
    assert [one["file"] for one in told] == [str(file) for file in files]
    wrong = [
        (one["file"], one["state"])
        for one, file in zip(told, files, strict=True)
        if one["state"] not in BESIDE_THE_SCREEN.get(file.parent.name, set()) | {file.parent.name}
    ]
    assert wrong == []
    assert all(0 <= one["confidence"] <= 1 for one in told)


@pytest.mark.parametrize("runtime", sorted(PLACES))
def test_a_screen_alone_says_most_of_it(workspace: Stage, runtime: str, tmp_path: Path) -> None:
    """Without title, cursor and exit status most is read right, and no question is ever idle."""
    files = []
    for file in sorted((PLACES[runtime] / "tests" / "corpus").glob("*/*.txt")):
        bare = tmp_path / file.parent.name / file.name
        bare.parent.mkdir(exist_ok=True)
        files.append(shutil.copy(file, bare))
    words = ("detect", "--runtime", runtime, "--json", "--screen", *map(str, files))
    told = [json.loads(line) for line in workspace.tt(*words).well().stdout.splitlines()]
    pairs = [(Path(one["file"]).parent.name, one["state"]) for one in told]
    assert ("waiting", "idle") not in pairs
    right = sum(wanted == found for wanted, found in pairs)
    # Codex alone says with its title, and with nothing else, that an answer still comes.
    assert right >= len(pairs) * (0.85 if runtime == "codex" else 0.9)


def test_the_last_row_of_a_dead_pane_says_so(workspace: Stage, tmp_path: Path) -> None:
    """What tmux writes under the last screen of a process is read as what it is."""
    screen = tmp_path / "screen.txt"
    screen.write_text("> \n\nPane is dead (status 3, Sun Nov 22 08:11:05 2026)\n\n")
    words = ("detect", "--runtime", "aider", "--screen", str(screen), "--json")
    assert json.loads(workspace.tt(*words).well().stdout)["state"] == "exited"


def test_a_title_is_evidence_too(workspace: Stage, tmp_path: Path) -> None:
    """What the title said can be given along, and colours in a screen change nothing."""
    plain, coloured = tmp_path / "plain.txt", tmp_path / "coloured.txt"
    plain.write_text("nothing to see\n")
    coloured.write_text("\x1b[31mnothing\x1b[0m to see\r\n")
    files = ["--screen", str(plain), "--screen", str(coloured)]
    words = ("detect", "--runtime", "claude-code", *files, "--json")
    titled = workspace.tt(*words, "--title", "⠂ Sow the beds").well().stdout.splitlines()
    assert [json.loads(line)["state"] for line in titled] == ["working", "working"]
    bare = workspace.tt(*words).well().stdout.splitlines()
    assert [json.loads(line)["state"] for line in bare] == ["unknown", "unknown"]
    human = workspace.tt(*words[:-1], "--title", "⠂ Sow").well().stdout
    assert human.startswith("working")
    assert "plain.txt" in human
    assert "title" in human
