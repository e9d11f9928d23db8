"""The screen and the title, drawn from the state alone."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tutti_demo.agent import VERSION
from tutti_demo.agent.state import PROMPT, Block, Dialog, State
from tutti_demo.agent.text import DIM, PLAIN, clip, one_line, width_of, wrap

MARK, SPINNER = "✳", "⠂⠐"
PLACEHOLDER = "Tell me what to do"
PLACEHOLDER_QUEUED = "Press up to edit queued messages"
MODE_NAMES = {"accept": "accept edits on", "dontask": "don't ask on", "bypass": "bypass on"}
_TOOL_LINES = 6
_GUTTERS = {
    "user": f"{PROMPT} ",
    "bang": "! ",
    "say": "● ",
    "tool": "● ",
    "done": "✻ ",
    "info": "  ",
}


class Frame(NamedTuple):
    """A whole document: more lines than the window has are for the scrollback.

    Attributes:
        lines: None wider than the window.
        row: Line of the cursor.
        column: Column of the cursor.
    """

    lines: list[str]
    row: int
    column: int


def title(state: State) -> str:
    """Return the terminal title: a spinner while working, a star while idle or waiting."""
    if not state.started:
        return ""
    working = state.busy and state.dialog is None
    return f"{SPINNER[state.tick % 2] if working else MARK} {one_line(state.name)}"


def render(state: State, width: int, height: int) -> list[str]:
    """Draw what a window of this size shows.

    Returns:
        At most ``height`` lines, none wider than ``width``, style codes aside.
    """
    return frame(state, width, height).lines[-max(1, height) :]


def frame(state: State, width: int, height: int) -> Frame:
    """Draw everything, scrolled-off conversation included, and say where the cursor is."""
    lines = _welcome(state, width) if state.started else []
    for block in state.blocks:
        lines += _block(block, width)
    below = _dialog(state.dialog, state.notice, width, height) if state.dialog else None
    if below is not None:
        return _framed(lines, below.lines, below.row, below.column, width)
    if not state.started:
        return Frame([""], 0, 0)
    lines += _working(state, width)
    composer = _composer(state, width, height)
    return _framed(lines, composer.lines, composer.row, composer.column, width)


def _framed(above: list[str], below: list[str], row: int, column: int, width: int) -> Frame:
    lines = [clip(line, width) for line in [*above, *below]]
    return Frame(lines, len(above) + row, min(column, width - 1))


def _welcome(state: State, width: int) -> list[str]:
    rows = [
        "Welcome back!",
        "",
        "A scripted agent: no model, no network",
        one_line(state.cwd),
        f"session {state.session}",
    ]
    head = f"─── Tutti Demo v{VERSION} "
    inner = min(max(0, width - 2), max(len(head), *(width_of(row) + 2 for row in rows)))
    lines = [f"╭{clip(head, inner).ljust(inner, '─')}╮"]
    for row in rows:
        shown = clip(row, max(0, inner - 2))
        lines.append(f"│ {shown}{' ' * (inner - 1 - width_of(shown))}│")
    return [*lines, f"╰{'─' * inner}╯"]


@lru_cache(maxsize=4096)
def _block(block: Block, width: int) -> tuple[str, ...]:
    lines: list[str] = []
    if block.kind != "result":
        lines.append("")
        text = wrap(block.text, width - 2)
        if block.kind in {"tool", "bang"} and len(text) > _TOOL_LINES:
            text = [*text[:_TOOL_LINES], "…"]
        gutter = _GUTTERS.get(block.kind, "  ")
        lines += _gutter(gutter, text)
    result = block.text if block.kind == "result" else block.result
    return tuple(lines + (_gutter("  ⎿  ", wrap(result, width - 5)) if result else []))


def _gutter(first: str, lines: list[str]) -> list[str]:
    """Put the mark before the first line and as many spaces before the others."""
    rest = " " * width_of(first)
    return [f"{rest if index else first}{line}" for index, line in enumerate(lines)]


def _working(state: State, width: int) -> list[str]:
    if state.phase not in {"thinking", "tool"}:
        return []
    usual = f"Pondering… ({state.elapsed}s · ↓ {state.tokens} tokens)"
    return ["", *_gutter("✻ ", wrap(state.status or usual, width - 2)[:2])]


def _composer(state: State, width: int, height: int) -> Frame:
    queued = [
        line for text in state.queued for line in _gutter(f"  {PROMPT} ", wrap(text, width - 4))
    ]
    rule = "─" * width
    draft = wrap(state.draft, width - 3)[-max(3, height // 2) :]
    shown = draft if state.draft else [f"{DIM}{_placeholder(state)}{PLAIN}"]
    top = [*(queued[-max(3, height // 3) :] or [""]), rule]
    column = 2 + (width_of(draft[-1]) if state.draft else 0)
    lines = [*top, *_gutter(f"{PROMPT} ", shown), rule, *_footer(state, width)]
    return Frame(lines, len(top) + len(shown) - 1, column)


def _placeholder(state: State) -> str:
    return PLACEHOLDER_QUEUED if state.queued else PLACEHOLDER


def _footer(state: State, width: int) -> list[str]:
    parts = ["esc to interrupt"] if state.busy else []
    parts += [one_line(state.notice)] if state.notice else [] if parts else ["? for shortcuts"]
    parts += [f"⏵⏵ {MODE_NAMES[state.mode]}"] if state.mode in MODE_NAMES else []
    left = clip("  " + " · ".join(parts), width)
    if state.context < 0:
        return [left]
    right = f"Context left until auto-compact: {state.context}%"
    gap = width - width_of(left) - len(right) - 1
    return [f"{left}{' ' * gap}{right}"] if gap > 0 else [left, clip(f"  {right}", width)]


def _dialog(dialog: Dialog, notice: str, width: int, height: int) -> Frame:
    body = [f" {line}" for text in dialog.lines for line in wrap(text, width - 1)]
    room = max(4, height - len(dialog.options) - 5)
    if len(body) > room:
        body = [*body[: room // 2], f" … +{len(body) - room} lines", *body[room // 2 - room :]]
    choices = [
        f" {PROMPT if index == dialog.chosen else ' '} "
        f"{f'{index + 1}. ' if dialog.numbered else ''}{one_line(option)}"
        for index, option in enumerate(dialog.options)
    ]
    hint = f" {one_line(dialog.hint)}{f' · {one_line(notice)}' if notice else ''}"
    lines = ["", "─" * width, *body, *choices, "", f"{DIM}{hint}{PLAIN}"]
    return Frame(lines, 2 + len(body) + dialog.chosen, 1)
