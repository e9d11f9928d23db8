"""Screens saved by the runtimes of this repository, judged by the command that anybody can run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tutti_testing import Stage

ROOT = Path(__file__).parents[2]
PLACES = {"claude-code": ROOT / "tutti_claude", "codex": ROOT / "tutti_codex"}
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
        if one["state"] not in BESIDE_THE_SCREEN.get(file.parent.name, {file.parent.name})
    ]
    assert wrong == []
    assert all(0 <= one["confidence"] <= 1 for one in told)


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
