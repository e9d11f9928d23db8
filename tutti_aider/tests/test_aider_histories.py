"""Which conversation an agent left, as its own files have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutti_aider.histories import history
from tutti_aider.runtime import Aider
from tutti_core import Kept, Past

ID = "7d1b6a3e-4d0f-4c8e-9a53-2f6f0f2c9b11"
BEGUN = "\n# aider chat started at 2026-11-22 14:00:00\n\n> Aider v0.86.2  \n"


def recalled(files: Path, conversation: str | None = ID) -> Kept:
    """Return what is taken up."""
    return Aider().recall(Past(files, conversation=conversation, files=files))


@pytest.mark.parametrize(
    "said", ["#### A heron.  \n", "#### {end  \n", "####  /a path  \n", "#### /ask which?  \n"]
)
def test_what_was_said_is_taken_up(said: str, tmp_path: Path) -> None:
    """Words to the model make a conversation, the lines around them do not matter."""
    history(tmp_path, ID).write_text(f"{BEGUN}\n{said}\nI see.\n")
    assert recalled(tmp_path) == Kept(ID)


@pytest.mark.parametrize(
    "said", ["", "#### /exit  \n", "#### /ask  \n", "#### !ls  \n", "#### <blank>  \n"]
)
def test_where_nothing_was_said_nothing_is_taken_up(said: str, tmp_path: Path) -> None:
    """A start, its commands and a person's own shell are nothing to go on with."""
    history(tmp_path, ID).write_text(f"{BEGUN}\n{said}")
    assert recalled(tmp_path) == Kept(why=f"{tmp_path} keeps none of it")


@pytest.mark.parametrize("conversation", [None, "", "../../secret", "x\0y", ID.upper(), ID])
def test_what_is_not_kept_is_not_taken_up(conversation: str | None, tmp_path: Path) -> None:
    """Neither one whose file is gone, nor a text that is no id."""
    assert recalled(tmp_path, conversation).conversation is None
