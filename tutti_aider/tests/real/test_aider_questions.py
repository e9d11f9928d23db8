"""What real Aider asks is answered by `tt`."""

from __future__ import annotations

from typing import Any

import pytest

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
