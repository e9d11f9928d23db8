"""The loop: draw, wait, read keys, let turns go on."""

from __future__ import annotations

import signal
import time

from tutti_demo.agent.input import Keys
from tutti_demo.agent.keyboard import Keyboard
from tutti_demo.agent.painter import START, Painter
from tutti_demo.agent.screen import frame, title, trim
from tutti_demo.agent.session import Session
from tutti_demo.agent.terminal import Terminal

#: How long after an escape byte more of a sequence may come.
_ESCAPE = 0.05
_ENDING = {signal.SIGTERM, signal.SIGHUP, signal.SIGINT}


class App:
    """A session on a terminal.

    Args:
        session: The session.
        terminal: The terminal.
    """

    def __init__(self, session: Session, terminal: Terminal) -> None:
        self._session, self._terminal = session, terminal
        self._painter, self._keys = Painter(), Keys()
        self._escape_due = 0.0

    def run(self) -> int:
        """Run the session to its end.

        Returns:
            The exit code: 0 for an exit in order, 128 and the signal's number for a signal.
        """
        self._delay()
        if self._session.code is None:
            self._terminal.open()
            self._terminal.write(START)
            try:
                self._loop()
            finally:
                self._session.close()
                self._terminal.write(self._painter.leave())
                self._terminal.close()
        self._terminal.write(self._session.words)
        return self._session.code or 0

    def _delay(self) -> None:
        over = time.monotonic() + self._session.options.start_delay
        while self._session.code is None and (left := over - time.monotonic()) > 0:
            self._terminal.wait([], left)
            self._signals()

    def _loop(self) -> None:
        session, now = self._session, time.monotonic()
        keyboard = Keyboard(session, now)
        session.start(now)
        while session.code is None:
            self._draw(keyboard)
            files = [0, *session.files()]
            ready = self._terminal.wait(files, self._patience(keyboard))
            self._signals()
            now = time.monotonic()
            if session.code is None:
                self._read(keyboard, 0 in ready, now)
                keyboard.expire(now)
                session.advance(now, ready)
                session.tick(now)

    def _draw(self, keyboard: Keyboard) -> None:
        if keyboard.redraw:
            self._painter.forget()
            keyboard.redraw = False
        state, (width, height) = self._session.state, self._terminal.size()
        out = self._painter.paint(frame(state, width, height), width, height)
        name = self._painter.title(title(state)) if self._session.options.title else ""
        self._terminal.write(name + out)
        self._painter.drop(trim(state, width, self._painter.pushed))

    def _patience(self, keyboard: Keyboard) -> float | None:
        times = [self._session.due(), keyboard.due]
        times += [self._escape_due] if self._keys.lone_escape else []
        first = min((moment for moment in times if moment is not None), default=None)
        return None if first is None else max(0.0, first - time.monotonic())

    def _read(self, keyboard: Keyboard, ready: bool, now: float) -> None:
        keys = []
        if ready:
            data = self._terminal.read()
            if not data:
                self._session.leave(128 + signal.SIGHUP)
                return
            keys = self._keys.feed(data)
            self._escape_due = now + _ESCAPE
        elif self._keys.lone_escape and now >= self._escape_due:
            keys = self._keys.flush()
        for key in keys:
            if self._session.code is None:
                keyboard.press(key, now)

    def _signals(self) -> None:
        for number in self._terminal.caught():
            if number in _ENDING:
                self._session.leave(128 + number)
