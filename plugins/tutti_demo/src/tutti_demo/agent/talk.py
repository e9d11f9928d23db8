"""Directives that only talk: say, slow, think, prose, context, ask, menu."""

from __future__ import annotations

import re

from tutti_demo.agent.desk import CANCELLED, Declined, Desk, Turn, Wait
from tutti_demo.agent.script import Directive, unescape
from tutti_demo.agent.state import DIALOG, PROMPT, QUESTION, Block, Dialog

TOKEN, SLOW_TOKEN = 0.02, 0.1
#: Words that mean something on the screen of an agent, where they mean nothing.
PROSE = (
    "About limits and errors: when a service answers 429 the client has met a rate limit, and the "
    "session limit resets later; 401 Unauthorized says the API key is invalid, and 529 Overloaded "
    "that the provider is down. An agent may then show API Error, or Retrying in 1s · attempt 1/9, "
    f"or ask Do you want to proceed? and offer {PROMPT} 1. Yes next to 3. No. Other programs print "
    "esc to interrupt, Pondering… (2s · ↓ 8 tokens), a spinner such as ⠂ ⠐ ⠋ ✳ ✻ ◐, Waiting… or "
    "Running…, a permission prompt, Not logged in, Please run /login, connection refused, Press "
    "enter to continue, and (y/n). None of this is happening here: these are words in a paragraph, "
    "and the turn ends well."
)


def speak(desk: Desk, text: str, token: float = TOKEN) -> Turn:
    """Stream a text word by word; while it streams there is no working line."""
    place = desk.add(Block("say", ""))
    said = ""
    try:
        for word in re.findall(r"\s*\S+|\s+", text):
            said += word
            desk.state.phase = "streaming"
            desk.change(place, text=said)
            desk.state.tokens += 1
            yield desk.pause(token)
    finally:
        # What was heard before an interruption was said, and stays said.
        if said:
            desk.record.reply(said)
    desk.state.phase = "thinking"


def say(desk: Desk, found: Directive) -> Turn:
    """``[[say TEXT]]``."""
    yield from speak(desk, unescape(found.text))


def slow(desk: Desk, found: Directive) -> Turn:
    """``[[slow N]]``: N words, five times slower than `say`."""
    words = " ".join(f"word{index}" for index in range(found.count()))
    yield from speak(desk, words, SLOW_TOKEN)


def think(desk: Desk, found: Directive) -> Turn:
    """``[[think S]]``: a working line for S seconds."""
    yield desk.pause(found.number())


def prose(desk: Desk, _: Directive) -> Turn:
    """``[[prose]]``: a paragraph of words that must not be taken for a state."""
    yield from speak(desk, PROSE)


def context(desk: Desk, found: Directive) -> Turn:
    """``[[context PCT]]``: from now on so much context is left; usage records agree with it."""
    left = min(100, found.count())
    desk.state.context = left
    desk.record.use_context(left)
    yield Wait()


def ask(desk: Desk, found: Directive) -> Turn:
    """``[[ask QUESTION|A|B]]``: a dialog; what was chosen is shown, and Esc ends the turn."""
    use = desk.record.tool_use("AskUserQuestion", question=found.text)
    hint = "Enter to select · ↑/↓ to navigate · Esc to cancel"
    lines = ("☐ Question", "", found.text, "")
    answer = yield Wait(dialog=Dialog(QUESTION, lines, found.args, hint=hint))
    if answer == CANCELLED:
        desk.record.tool_result(use, "User declined to answer", error=True)
        desk.add(Block("say", "User declined to answer", f"· {found.text}"))
        raise Declined
    chosen = f"· {found.text} → {found.args[answer]}"
    desk.add(Block("say", "User answered:", chosen))
    desk.record.tool_result(use, chosen)


def menu(desk: Desk, _: Directive) -> Turn:
    """``[[menu]]``: the dialog of an account's limit, to be closed before the next prompt."""
    lines = ("What do you want to do?", "")
    options = ("Stop and wait for limit to reset", "Upgrade your plan")
    hint = "Enter to confirm · Esc to cancel"
    answer = yield Wait(dialog=Dialog(DIALOG, lines, options, hint=hint))
    desk.add(Block("info", "Menu closed" if answer == CANCELLED else options[answer]))
