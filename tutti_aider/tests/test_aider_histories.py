"""Which conversation an agent left, as its own files have it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_aider.histories import TAIL_BYTES, history
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


WORDS = "# Title\n\n#### Step 1\n\n> a quote\n\n\n    indented"
ASKED = "\n#### Make it.  \n####   \n#### #### Now  \n"
ENDED = "\n> Tokens: 804 sent, 17 received.  \n>  \n> Applied edit to a.txt  \n"
PROMPT = "Make it.\n\n#### Now"


def quoted(text: str | bytes, files: Path, prompt: str = PROMPT, since: float = 100.0) -> str:
    """Return the answer that is found in a history which was written to at second 100."""
    path = history(files, ID)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (100.0, 100.0))
    return Aider().quote(path, prompt, since)


def test_an_answer_is_given_word_for_word(tmp_path: Path) -> None:
    """Headings, quotes and blank lines are the model's; counts and edits are Aider's."""
    assert quoted(f"{BEGUN}{ASKED}\n{WORDS}\n\n{ENDED}", tmp_path) == WORDS


def test_what_it_was_asked_and_said_in_one_turn_is_one_answer(tmp_path: Path) -> None:
    """It corrects itself in a second request, behind a question that somebody answered."""
    question = "> Attempt to fix lint errors? (Y)es/(N)o [Yes]: y  \n"
    said = quoted(f"{ASKED}\nFirst.\n\n{ENDED}{question}\nSecond.\n\n{ENDED}", tmp_path)
    assert said.split() == ["First.", "Second."]


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{BEGUN}\n",
        ASKED,
        f"\n#### Another.  \n\n{WORDS}\n",
        f"{ASKED}\n{WORDS}\n\n{ENDED}\n#### Another.  \n",
        f"{ASKED}> litellm.AuthenticationError: no  \n",
        f"{ASKED}\n".encode() + b"\xff\n",
        f"{ASKED}\n" + "x" * TAIL_BYTES + "\n",
    ],
)
def test_where_an_answer_is_not_known_whole_none_is_given(
    text: str | bytes, tmp_path: Path
) -> None:
    """No prompt, another one, one after it, no answer, no text, more than is looked at."""
    assert quoted(text, tmp_path) == ""


def test_an_answer_to_the_same_prompt_before_is_none(tmp_path: Path) -> None:
    """Nothing was written down since the prompt was typed, or there is no file at all."""
    assert quoted(f"{ASKED}\n{WORDS}\n", tmp_path, since=101.0) == ""
    assert quoted(f"{ASKED}\n{WORDS}\n", tmp_path, prompt=" ") == ""
    assert Aider().quote(tmp_path / "none.md", PROMPT, 0.0) == ""


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_history_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever stands in it, an answer comes out of it or none."""
    said = quoted(f"{ASKED}\n{text}\n", tmp_path_factory.mktemp("h"))
    assert said == "" or all(line in text.split("\n") for line in said.split("\n"))
