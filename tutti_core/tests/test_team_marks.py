"""Where an agent's words come from when no feed has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tutti_core.team.composing import looked
from tutti_core.team.context import Context
from tutti_core.team.marks import answer_to
from tutti_core.team.record import write_record
from tutti_core.team.turn import Typed
from tutti_core.team.up import UpRequest, up


def said(crew: Any, context: Context, text: str) -> str | None:
    """Return what the agent said to a prompt that was typed at second 5."""
    voice = looked(context, "one")
    assert voice is not None
    assert voice.session is not None
    return answer_to(context, voice, Typed(voice.session, 5.0, text=text))


@pytest.fixture
def context(crew: Any) -> Context:
    """One agent that runs and has a transcript."""
    made: Context = crew.context("one", launch='mode = "safe"\nready_secs = 0.5')
    up(made, UpRequest())
    write_record(made.root, "one", {"transcript": "/home/one/said.md"})
    return made


def test_a_runtime_is_asked_for_the_words_no_feed_has(
    crew: Any, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told the transcript, the prompt and when it was typed; what it finds is the answer."""

    def quote(transcript: Path, prompt: str, since: float) -> str:
        return f"{transcript} {prompt} {since:g}"

    assert said(crew, context, "hello") is None
    monkeypatch.setattr(type(crew.echo), "quote", staticmethod(quote), raising=False)
    assert said(crew, context, "hello") == "/home/one/said.md hello 5"


@pytest.mark.parametrize(("transcript", "text"), [(None, "hello"), ("/home/one/said.md", "")])
def test_nobody_is_asked_for_what_cannot_be_found(
    crew: Any,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    transcript: str | None,
    text: str,
) -> None:
    """Without a transcript, or without the prompt, the screen has the word."""
    monkeypatch.setattr(type(crew.echo), "quote", lambda *_: "wrong", raising=False)
    write_record(context.root, "one", {"transcript": transcript})
    assert said(crew, context, text) is None
