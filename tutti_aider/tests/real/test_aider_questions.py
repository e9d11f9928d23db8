"""What real Aider asks is answered by `tt`."""

from __future__ import annotations

from typing import Any

import pytest

from tutti_testing import wait_for

pytestmark = pytest.mark.real


def test_permissions_are_given_and_refused(stage: Any) -> None:
    """A letter and Enter; and `always` is refused where there is none."""
    stage.aiders("safe", "one").tt("up").well()
    tree = stage.tree("one")
    for answer, name, made in (("allow", "a.txt", True), ("deny", "b.txt", False)):
        stage.until("one", "idle")
        stage.tt("send", "one", f"[[write {name} hello]]").well()
        assert stage.until("one", "waiting")["kind"] == "permission"
        assert "it has no answer 'always'" in stage.tt("answer", "one", "always").badly().stdout
        told = stage.tt("answer", "one", answer, "--json").well().json()
        assert (told["outcome"], told["answer"]) == ("answered", answer), told
        stage.until("one", "idle")
        assert (tree / name).exists() == made, told


def test_a_command_is_run_once_it_is_allowed(stage: Any) -> None:
    """It is at work as long as the command, then asks about its output; Ctrl-C declines, too."""
    stage.env["AIDER_EDIT_FORMAT"] = "diff"
    stage.aiders("safe", "one").tt("up").well()
    stage.until("one", "idle")
    tree = stage.tree("one")
    (tree / "wait.sh").write_text("touch on\nuntil [ -e go ]; do sleep 0.1; done\necho gone\n")
    stage.tt("send", "one", "Run it. [[bash sh wait.sh]]").well()
    assert stage.until("one", "waiting")["kind"] == "permission"
    stage.tt("answer", "one", "allow").well()
    assert wait_for((tree / "on").exists)
    stage.until("one", "working")
    (tree / "go").touch()
    assert stage.until("one", "waiting")["kind"] == "question"
    stage.tt("answer", "one", "deny").well()
    stage.until("one", "idle")
    (tree / "on").unlink()
    stage.tt("send", "one", "Run it again. [[bash sh wait.sh]]").well()
    assert stage.until("one", "waiting")["kind"] == "permission"
    stage.choose("one", "C-c")
    stage.until("one", "idle")
    assert not (tree / "on").exists()
