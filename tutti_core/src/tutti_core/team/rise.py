"""A team on its way up: who waits for whom, who is starting, who is ready, who is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from ..errors import RuntimeFailure, TuttiError
from . import plan
from .ending import session_now
from .entry import complete
from .outcome import blocked, cut_short, failed, outcome_of, running, unprompted
from .record import read_record
from .rising import (
    Rising,
    give_prompt,
    give_trust,
    is_mute,
    is_to_trust,
    not_begun,
    offered,
    undecided,
    under_way,
)
from .start import Started, launch, start
from .waiting import patient_lock

if TYPE_CHECKING:
    from ..model.arrangement import Agent
    from ..model.launch import LaunchRequest
    from ..model.session import Session
    from ..state.lock import Lock
    from ..watching.look import Voice
    from .context import Context
    from .outcome import Outcome
    from .trees import Tree
    from .up import UpRequest

PARALLEL = 4
LOOK_SECS = 0.15
TRIES = 3
MUTE_SECS = 2.0
"""For so long an agent of which nobody can say how it is must live to count as launched."""


class Rise:
    """A team on its way up.

    Args:
        context: The workspace.
        request: What to start, and how.
        agents: The agents, in the order of the file.
        ways: How each may work, by its name.
        progress: Told of each agent as soon as its outcome is known.
        seen: Told again and again of the states of those it waits for.
    """

    def __init__(
        self,
        context: Context,
        request: UpRequest,
        agents: list[Agent],
        ways: Mapping[str, plan.Way],
        progress: Callable[[Outcome], None],
        seen: Callable[[Mapping[str, str]], None] = lambda _: None,
    ) -> None:
        self.context, self.request = context, request
        self.seen = seen
        self.ways = ways
        self.progress = progress
        self.pending = {agent.name: agent for agent in agents}
        self.chosen = tuple(self.pending)
        self.starting: dict[str, tuple[Future[Started | Voice], int]] = {}
        self.rising: dict[str, Rising] = {}
        self.pasting: dict[str, tuple[Future[str], Outcome]] = {}
        self.trusting: dict[str, tuple[Future[None], Rising]] = {}
        self.results: dict[str, Outcome] = {}
        self.waits: dict[str, str] = {}
        self.interrupted = False
        self.pool = ThreadPoolExecutor(PARALLEL)

    def run(self) -> Mapping[str, Outcome]:
        """Work until every agent has an outcome, or somebody presses Ctrl+C."""
        try:
            self._work()
        except KeyboardInterrupt:
            self.interrupted = True
            self.context.stop.set()
            # Whoever is being started is started whole; nobody else is begun.
            self.pool.shutdown(cancel_futures=True)
            self._cut_short()
        finally:
            self.pool.shutdown(cancel_futures=True)
        return self.results

    def _work(self) -> None:
        while self.pending or self._busy():
            self._release()
            self._collect()
            self._watch()
            self._trusted()
            self._pasted()
            if self._busy():
                time.sleep(LOOK_SECS)

    def _busy(self) -> bool:
        return bool(self.starting or self.rising or self.trusting or self.pasting)

    def _cut_short(self) -> None:
        left = [name for name in self.chosen if name not in self.results]
        voices, _ = self._look(left)
        for name in left:
            record = self._record(name)
            self._done(cut_short(name, self._runtime(name), voices.get(name), record))

    def _release(self) -> None:
        if self.context.stop.is_set():
            for name in list(self.pending):
                self._failed(name, not_begun(name))
        for name, agent in list(self.pending.items()):
            needs = [need for need in agent.depends_on if need in self.chosen]
            short = [need for need in needs if need in self.results and not self._may_follow(need)]
            if short:
                self._done(blocked(name, self._runtime(name), self.results[short[0]]))
            elif all(need in self.results for need in needs):
                del self.pending[name]
                self.starting[name] = self.pool.submit(self._begin, agent), 1

    def _may_follow(self, need: str) -> bool:
        found = self.results[need]
        return found.ready or (found.ok and not self.request.wait)

    def _begin(self, agent: Agent) -> Started | Voice:
        if self.context.stop.is_set():
            raise not_begun(agent.name)
        with self._locked(agent.name):
            self.waits.pop(agent.name, None)
            voice = self.context.voices([agent.name])[agent.name]
            if voice.session is not None and not voice.session.dead:
                complete(self.context, agent.name, voice.session)
                return voice
            return start(self.context, agent, self.ways[agent.name], self.request.wish)

    def _again(self, offer: LaunchRequest, tree: Tree, session: Session) -> Started | Voice:
        name = offer.agent.name
        with self._locked(name):
            there = session_now(self.context, name)
            if there is None or there.pane != session.pane:
                raise RuntimeFailure("was taken down while it started", hint=f"tt up {name}")
            wanted = plan.prepared(self.context, offer)
            return launch(self.context, wanted, tree, replaced=session)

    def _locked(self, name: str) -> Lock:
        path = self.context.places.lock(f"agent-{name}")
        purpose, unless = f"tt up {name}", self.context.stop.is_set
        return patient_lock(path, purpose, partial(self._waits, name), unless=unless)

    def _waits(self, name: str, words: str) -> None:
        self.waits[name] = words

    def _collect(self) -> None:
        for name in [name for name, (job, _) in self.starting.items() if job.done()]:
            job, tries = self.starting.pop(name)
            try:
                self._begun(name, job.result(), tries)
            except Exception as error:  # noqa: BLE001 -- one agent's failure hides no other
                self._failed(name, error)

    def _begun(self, name: str, begun: Started | Voice, tries: int) -> None:
        ready_secs = self.context.arrangement.launch.ready_secs
        mute = is_mute(self.context, self._runtime(name))
        deadline = time.monotonic() + (MUTE_SECS if mute else ready_secs)
        if not isinstance(begun, Started):
            if self.request.wait and begun.reading.state == "starting":
                self.rising[name] = Rising(None, deadline, TRIES)
            else:
                self._runs(name, begun)
        elif self.request.wait or begun.launch.paste:
            self.rising[name] = Rising(begun, deadline, tries)
        else:
            self._done(outcome_of(begun, None))

    def _watch(self) -> None:
        voices, trouble = self._look(self.rising)
        states = {name: voice.reading.state for name, voice in voices.items()}
        doing = under_way(self.context, list(self.starting), self.waits)
        self.seen({**doing, **states})
        for name, one in list(self.rising.items()):
            voice, late = voices.get(name), self._late(one)
            if voice is None and late:
                del self.rising[name]
                self._failed(name, trouble or RuntimeFailure("nobody can say how it is"))
            elif voice is not None and is_to_trust(self.context, one, voice):
                del self.rising[name]
                job = self.pool.submit(give_trust, self.context, name, self.request.without)
                self.trusting[name] = job, one._replace(trusted=True)
            elif voice is not None and (late or not undecided(one, voice)):
                del self.rising[name]
                self._settled(name, one, voice)

    def _trusted(self) -> None:
        """Go on waiting for those who were told; one who still asks is a person's business."""
        for name in [name for name, (job, _) in self.trusting.items() if job.done()]:
            job, one = self.trusting.pop(name)
            self.rising[name] = one
            if job.exception() is not None:
                self.context.log.note("trust failed", agent=name, exc_info=job.exception())

    def _late(self, one: Rising) -> bool:
        return time.monotonic() >= one.deadline or self.context.stop.is_set()

    def _look(self, names: Collection[str]) -> tuple[Mapping[str, Voice], TuttiError | None]:
        """Look at some; a look that fails once is tried again until their time is over."""
        try:
            return (self.context.voices(names) if names else {}), None
        except TuttiError as error:
            return {}, error

    def _settled(self, name: str, one: Rising, voice: Voice) -> None:
        if one.begun is None:
            self._runs(name, voice)
            return
        silent = undecided(one, voice) and is_mute(self.context, self._runtime(name))
        outcome, session = outcome_of(one.begun, voice, mute=silent), voice.session
        offer, tree = None, one.begun.tree
        over = one.tries >= TRIES or self.context.stop.is_set()
        if not outcome.ok and session is not None and not over:
            offer, tree = offered(self.context, one.begun, voice, outcome)
        if offer is not None and session is not None:
            job = self.pool.submit(self._again, offer, tree, session)
            self.starting[name] = job, one.tries + 1
        elif one.begun.launch.paste and outcome.ok:
            self._prompt(name, one.begun.launch.paste, outcome)
        else:
            self._done(outcome)

    def _prompt(self, name: str, text: str, outcome: Outcome) -> None:
        if outcome.state == "idle":
            job = self.pool.submit(give_prompt, self.context, name, text, self.request.without)
            self.pasting[name] = job, outcome
        else:
            self._done(unprompted(outcome, outcome.detail or f"it is {outcome.state}"))

    def _pasted(self) -> None:
        for name in [name for name, (job, _) in self.pasting.items() if job.done()]:
            job, outcome = self.pasting.pop(name)
            try:
                problem = job.result()
            except Exception as error:  # noqa: BLE001 -- one agent's failure hides no other
                problem = failed(name, "", error).detail
            self._done(unprompted(outcome, problem) if problem else outcome)

    def _runs(self, name: str, voice: Voice) -> None:
        self._done(running(voice, self._record(name), self.ways[name], self.request.wish))

    def _failed(self, name: str, error: Exception) -> None:
        if not isinstance(error, TuttiError):
            self.context.log.note("start failed", agent=name, exc_info=error)
        self._done(failed(name, self._runtime(name), error))

    def _done(self, outcome: Outcome) -> None:
        self.pending.pop(outcome.agent, None)
        self.results[outcome.agent] = outcome
        self.progress(outcome)

    def _runtime(self, name: str) -> str:
        return self.context.arrangement.runtime_of(self.context.agent(name)) or ""

    def _record(self, name: str) -> Mapping[str, object]:
        return read_record(self.context.places.agent(name))
