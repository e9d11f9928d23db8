"""A session from its start to its end: prompts, turns, interruptions, the live status."""

from __future__ import annotations

from pathlib import Path

from tutti_demo.agent import home, memory, tools, trouble
from tutti_demo.agent.composer import Composer
from tutti_demo.agent.desk import CANCELLED, Declined, Desk, Failed, Leave, Turn, Wait
from tutti_demo.agent.options import Options
from tutti_demo.agent.permissions import Permissions
from tutti_demo.agent.state import Block, Dialog, State
from tutti_demo.agent.tasks import Task
from tutti_demo.agent.transcript import Transcript, read
from tutti_demo.agent.turn import play

TICK = 0.5
_UNFINISHED = {"", "Running…", "Waiting…"}


class Session:
    """What happens; drawing it and reading the keyboard are the business of others.

    Args:
        options: How the program was started.
        root: The agent's own folder.
        cwd: The working folder.

    Attributes:
        code: The exit code, once the session is over.
        words: What is printed when the terminal is the shell's again.
    """

    def __init__(self, options: Options, root: Path, cwd: str) -> None:
        self.options, self._root, self._cwd = options, root, cwd
        self.state = State(options.name, cwd, options.mode)
        self.state.session = options.session
        self.composer = Composer()
        self.code: int | None = None
        self.words = ""
        self._live = home.LiveStatus(root, options.session, cwd)
        self._shown: tuple[str, str] | None = None
        self._tasks: list[Task] = []
        self._turns = 0
        path = home.transcript_path(root, cwd, options.session)
        records = read(path) if options.resume else []
        self._earlier = memory.blocks(records)
        rules = Permissions(options.mode, options.allow, options.deny)
        record = Transcript(path, options.session, cwd)
        told = memory.prompts(records)
        self.desk = Desk(
            options=options,
            state=self.state,
            record=record,
            permissions=rules,
            cwd=Path(cwd),
            told=told,
        )

    def start(self, now: float) -> None:
        """Begin: with the question of trust, if it is to be asked."""
        self._begin("boot", self._boot(), now)
        self._publish()

    def submit(self, text: str, now: float) -> None:
        """Take a prompt: run it, or queue it behind the one under way."""
        if any(task.kind == "turn" for task in self._tasks):
            self.state.queued.append(text)
            self.desk.record.queue("enqueue", text)
        else:
            self._play(text, now)
        self._publish()

    def bang(self, command: str, now: float) -> None:
        """Run a command of the user's own, at once."""
        self.state.phase = self.state.phase if self.state.busy else "tool"
        self._begin("bang", tools.bang(self.desk, command), now)
        self._publish()

    def interrupt(self) -> None:
        """Stop whatever is under way; what was queued goes back to the draft."""
        for task in [task for task in self._tasks if task.kind != "boot"]:
            task.stop()
            self._tasks.remove(task)
            self._interrupted()
        self.recall()
        self.state.phase, self.state.dialog = "idle", None
        self._publish()

    def recall(self) -> None:
        """Put the queued prompts back into the draft, before what is there."""
        if not self.state.queued:
            return
        for text in self.state.queued:
            self.desk.record.queue("dequeue", text)
        text = "\n".join([*self.state.queued, *filter(None, [self.composer.take()])])
        self.composer.paste(text)
        self.state.queued.clear()

    def answer(self, choice: int, now: float) -> None:
        """Give the open dialog its answer: the index of a choice, or `CANCELLED`."""
        self.state.dialog = None
        for task in list(self._tasks):
            if task.wait.dialog is not None:
                self._step(task, now, choice)
        self._publish()

    def leave(self, code: int, words: str = "") -> None:
        """End the session."""
        self.code, self.words = code, words

    def goodbye(self) -> None:
        """End the session as the user asked, and say how to go on with it."""
        command = f"python -m tutti_demo.agent --resume {self.options.session}"
        self.leave(0, f"\nResume this session with:\n{command}\n")

    def close(self) -> None:
        """Let everything go: commands under way, the live status, the transcript."""
        for task in self._tasks:
            task.stop()
        if self.state.started:
            self.desk.record.note("session_end", code=self.code)
        self._live.remove()

    def advance(self, now: float, files: list[int]) -> None:
        """Take every task further whose time has come."""
        for task in list(self._tasks):
            if self.code is None and task in self._tasks and task.ready(now, files):
                self._step(task, now)
        self._publish()

    def tick(self, now: float) -> None:
        """Bring what depends on the time up to date."""
        if self.state.busy and self._tasks:
            spent = now - self._tasks[0].began
            self.state.elapsed = int(spent)
            self.state.tick = int(spent / TICK)

    def files(self) -> list[int]:
        """Return the files that tasks wait for."""
        return [task.wait.file for task in self._tasks if task.wait.file >= 0]

    def due(self) -> float | None:
        """Return when something happens by itself next, or None."""
        times = [task.due for task in self._tasks if task.due is not None]
        if self.state.busy and self._tasks and self.state.dialog is None:
            times.append(self._tasks[0].began + TICK * (self.state.tick + 1))
        return min(times, default=None)

    def _boot(self) -> Turn:
        if self.options.trust and not home.trusted(self._root, self._cwd):
            answer = yield Wait(dialog=_trust(self._cwd))
            if answer != 1:
                raise Leave(1)
            home.trust(self._root, self._cwd)
        self.state.started = True
        self.state.blocks += self._earlier

    def _begin(self, kind: str, turn: Turn, now: float) -> None:
        task = Task(kind, turn, now)
        self._tasks.append(task)
        self._step(task, now)

    def _play(self, text: str, now: float) -> None:
        self.desk.told.append(text)
        self.desk.add(Block("user", text))
        self.desk.record.user(text)
        self.state.phase, self.state.tokens = "thinking", 0
        script = self.options.script
        scripted = script[self._turns] if self._turns < len(script) else ""
        self._turns += 1
        self._begin("turn", play(self.desk, text, scripted), now)

    def _step(self, task: Task, now: float, answer: int = 0) -> None:
        stopped = False
        try:
            if not task.go(now, answer):
                self.state.dialog = task.wait.dialog or self.state.dialog
                return
        except Leave as left:
            self.leave(left.code)
        except Declined:
            stopped = True
        except Failed:
            pass
        self._tasks.remove(task)
        self._over(task, now, stopped)

    def _over(self, task: Task, now: float, stopped: bool) -> None:
        self.state.status = ""
        if stopped:
            self._interrupted()
            self.recall()
        elif task.kind == "turn" and self.code is None:
            spent = now - task.began
            self.desk.add(Block("done", f"Pondered for {int(spent)}s"))
            self.desk.record.ended(int(spent * 1000))
            if 0 < self.options.crash_after <= self._turns:
                trouble.die()
        self._next(task.kind, now)

    def _next(self, kind: str, now: float) -> None:
        """Begin what comes after a task: the first prompt, a queued one, or rest."""
        self.state.phase = "idle" if not self._tasks else self.state.phase
        if self.code is not None:
            return
        if kind == "boot" and self.options.prompt:
            self.submit(self.options.prompt, now)
        elif kind == "turn" and self.state.queued:
            text = self.state.queued.pop(0)
            self.desk.record.queue("dequeue", text)
            self._play(text, now)

    def _interrupted(self) -> None:
        self.state.status = ""
        last = self.state.blocks[-1]
        tool = last.kind in {"tool", "bang"} and last.result in _UNFINISHED
        if tool:
            self.desk.change(len(self.state.blocks) - 1, result=memory.STOPPED)
        else:
            self.desk.add(Block("result", memory.STOPPED))
        self.desk.record.interrupted(tool)

    def _publish(self) -> None:
        """Write the live status, if it changed."""
        if not (self.state.started and self.options.live_status) or self.code is not None:
            return
        status = "busy" if self.state.busy else "idle"
        asked = self.state.dialog.waiting_for if self.state.dialog else ""
        now = ("waiting", asked) if asked else (status, "")
        if now != self._shown:
            self._shown = now
            self._live.show(*now)


def _trust(cwd: str) -> Dialog:
    lines = (
        "Accessing workspace:",
        "",
        cwd,
        "",
        "Is this a folder you trust? I read, edit and run files in it.",
        "",
    )
    options = ("No, exit", "Yes, I trust this folder")
    return Dialog("", lines, options, numbered=False, hint="Enter to confirm · Esc to cancel")


__all__ = ["CANCELLED", "Session"]
