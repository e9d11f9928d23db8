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
    width = max(1, width)
    lines = _welcome(state, width) if state.started and not state.trimmed else []
    for block in state.blocks[:-1]:
        lines += _block(block, width)
    # The last block may grow with each word: what it looked like before is not worth keeping.
    lines += [line for block in state.blocks[-1:] for line in _lines(block, width)]
    if state.dialog is not None:
        dialog = _dialog(state.dialog, state.notice, width, height)
        return _framed(lines, dialog.lines, dialog.row, dialog.column, width)
    if not state.started:
        return Frame([""], 0, 0)
    working = _working(state, width)
    composer = _composer(state, width, height)
    below = [*working, *composer.lines]
    return _framed(lines, below, len(working) + composer.row, composer.column, width)


def trim(state: State, width: int, pushed: int, most: int = 800) -> int:
    """Forget the older half of a very long conversation that has scrolled off anyway.

    Args:
        state: The state; blocks are taken from it while nothing is under way.
        width: The window's width.
        pushed: How many lines have scrolled off.
        most: With more blocks than this the conversation is very long.

    Returns:
        How many lines are gone from the top of the frame.
    """
    if state.busy or len(state.blocks) <= most:
        return 0
    older = state.blocks[: most // 2]
    lines = 0 if state.trimmed else len(_welcome(state, width))
    lines += sum(len(_lines(block, width)) for block in older)
    if lines > pushed:
        return 0
    del state.blocks[: most // 2]
    state.trimmed = True
    return lines


def _framed(above: list[str], below: list[str], row: int, column: int, width: int) -> Frame:
    lines = [*above, *(clip(line, width) for line in below)]
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
    return [clip(line, width) for line in [*lines, f"╰{'─' * inner}╯"]]


@lru_cache(maxsize=2048)
def _block(block: Block, width: int) -> list[str]:
    return _lines(block, width)


def _lines(block: Block, width: int) -> list[str]:
    lines: list[str] = []
    if block.kind != "result":
        lines.append("")
        text = wrap(block.text, width - 2)
        if block.kind in {"tool", "bang"} and len(text) > _TOOL_LINES:
            text = [*text[:_TOOL_LINES], "…"]
        gutter = _GUTTERS.get(block.kind, "  ")
        lines += _gutter(gutter, text)
    result = block.text if block.kind == "result" else block.result
    lines += _gutter("  ⎿  ", wrap(result, width - 5)) if result else []
    return [clip(line, width) for line in lines]


def _gutter(first: str, lines: list[str]) -> list[str]:
    """Put the mark before the first line and as many spaces before the others."""
    rest = " " * width_of(first)
    return [f"{rest if index else first}{line}" for index, line in enumerate(lines)]


def _working(state: State, width: int) -> list[str]:
    if state.phase not in {"thinking", "tool"}:
        return []
    tokens = state.tokens + 4 * state.elapsed
    usual = f"Pondering… ({state.elapsed}s · ↓ {tokens} tokens)"
    return ["", *_gutter("✻ ", wrap(state.status or usual, width - 2)[:2])]


def _composer(state: State, width: int, height: int) -> Frame:
    queued = [
        line for text in state.queued for line in _gutter(f"  {PROMPT} ", wrap(text, width - 4))
    ]
    rule = "─" * width
    draft = wrap(state.draft, width - 3)[-max(3, height // 2) :]
    shown = draft if state.draft else [f"{DIM}{_placeholder(state)}{PLAIN}"]
    top = ["", *queued[-max(3, height // 3) :], rule]
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
