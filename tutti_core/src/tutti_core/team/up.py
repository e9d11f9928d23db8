"""`up`: the team is started in the order of its dependencies, each as soon as it may."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import attrs

from ..errors import TuttiError
from ..model.arrangement import Agent, Mode, Policy
from ..state.lock import Lock
from . import plan
from .outcome import READY, blocked, failed, outcome_of, running
from .start import Started, exclude, launch, start

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context
    from .outcome import Outcome

PARALLEL = 4
LOOK_SECS = 0.15
TRIES = 3
LOCK_SECS = 120.0


@attrs.frozen
class UpRequest:
    """What `up` takes.

    Attributes:
        agents: The agents to start; all of them if empty.
        mode: Overrides the arrangement's mode.
        policy: Overrides the arrangement's policy.
        fresh_worktree: Whether worktrees start from the workspace's current commit.
        wait: Whether to wait until every agent is ready.
        without: Unowned tables to go on without.
    """

    agents: tuple[str, ...] = ()
    mode: Mode | None = None
    policy: Policy | None = None
    fresh_worktree: bool = False
    wait: bool = True
    without: tuple[str, ...] = ()


@attrs.frozen
class UpResponse:
    """What `up` answers.

    Attributes:
        workspace: The workspace's name.
        results: What became of each agent, in the order of the file.
        warnings: What the user should know about the whole.
    """

    workspace: str
    results: tuple[Outcome, ...]
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every agent runs."""
        return all(one.ok for one in self.results)


Progress = Callable[["Outcome"], None]


def up(context: Context, request: UpRequest, progress: Progress | None = None) -> UpResponse:
    """Start the team, or some of it.

    Args:
        context: The workspace.
        request: What to start, and how.
        progress: Told of each agent as soon as its outcome is known.

    Returns:
        One outcome for each agent; one agent's failure does not hide the others.

    Raises:
        TuttiError: If nothing can be started at all.
    """
    context.require_owned(request.without)
    agents = [context.agent(name) for name in request.agents] or list(context.arrangement.agent)
    mode, policy = plan.settle(context, request.mode, request.policy)
    exclude(context)
    rise = _Rise(context, request, agents, mode, policy, progress or (lambda _: None))
    results = rise.run()
    ordered = tuple(results[agent.name] for agent in agents)
    return UpResponse(context.name, ordered, _warnings(context, agents))


class _Rise:
    """A team on its way up: who waits for whom, who is starting, who is done."""

    def __init__(
        self,
        context: Context,
        request: UpRequest,
        agents: list[Agent],
        mode: Mode,
        policy: Policy,
        progress: Progress,
    ) -> None:
        self.context, self.request = context, request
        self.mode: Mode = mode
        self.policy: Policy = policy
        self.progress = progress
        self.pending = {agent.name: agent for agent in agents}
        self.chosen = frozenset(self.pending)
        self.starting: dict[str, Future[Started | Voice]] = {}
        self.rising: dict[str, tuple[Started, float, int]] = {}
        self.pasting: dict[str, tuple[Future[str], Outcome]] = {}
        self.results: dict[str, Outcome] = {}

    def run(self) -> Mapping[str, Outcome]:
        """Work until every agent has an outcome."""
        with ThreadPoolExecutor(PARALLEL) as self.pool:
            while self.pending or self.starting or self.rising or self.pasting:
                self._release()
                self._collect()
                self._watch()
                self._pasted()
                if self.starting or self.rising or self.pasting:
                    time.sleep(LOOK_SECS)
        return self.results

    def _release(self) -> None:
        for name, agent in list(self.pending.items()):
            needs = [need for need in agent.depends_on if need in self.chosen]
            short = [need for need in needs if need in self.results and not self._ready(need)]
            if short:
                self._done(blocked(agent, self.results[short[0]]))
            elif all(need in self.results for need in needs):
                del self.pending[name]
                self.starting[name] = self.pool.submit(self._begin, agent)

    def _ready(self, name: str) -> bool:
        return self.results[name].state in READY or not self.request.wait

    def _begin(self, agent: Agent) -> Started | Voice:
        path = self.context.places.lock(f"agent-{agent.name}")
        with Lock(path, timeout=LOCK_SECS, purpose=f"tt up {agent.name}"):
            voice = self.context.voices([agent.name])[agent.name]
            if voice.session is not None and not voice.session.dead:
                return voice
            if voice.session is not None:
                self.context.host.end(voice.session)
            fresh = self.request.fresh_worktree
            return start(self.context, agent, self.mode, self.policy, fresh=fresh)

    def _collect(self) -> None:
        for name in [name for name, future in self.starting.items() if future.done()]:
            future = self.starting.pop(name)
            try:
                self._begun(name, future.result(), 1)
            except TuttiError as error:
                self._done(failed(self.context.agent(name), error))

    def _begun(self, name: str, begun: Started | Voice, tries: int) -> None:
        if not isinstance(begun, Started):
            self._done(running(begun))
        elif not self.request.wait:
            self._done(outcome_of(begun, None))
        else:
            deadline = time.monotonic() + self.context.arrangement.launch.ready_secs
            self.rising[name] = (begun, deadline, tries)

    def _watch(self) -> None:
        voices = self.context.voices(self.rising) if self.rising else {}
        for name, voice in voices.items():
            begun, deadline, tries = self.rising[name]
            settled = voice.reading.state not in ("starting", "unknown")
            if settled or time.monotonic() >= deadline:
                del self.rising[name]
                self._judged(name, begun, voice, tries)

    def _judged(self, name: str, begun: Started, voice: Voice, tries: int) -> None:
        try:
            self._settled(name, begun, voice, tries)
        except TuttiError as error:
            self._done(failed(begun.request.agent, error))

    def _settled(self, name: str, begun: Started, voice: Voice, tries: int) -> None:
        outcome = outcome_of(begun, voice)
        offer = None
        if outcome.state not in READY and outcome.state != "waiting" and tries < TRIES:
            offer = self.context.plugins.launch_failed(begun.request, voice.reading)
        if offer is not None and voice.session is not None:
            self.context.host.end(voice.session)
            self._begun(name, launch(self.context, offer, begun.tree), tries + 1)
        elif begun.launch.paste and outcome.state == "idle":
            job = self.pool.submit(self._paste, name, begun.launch.paste)
            self.pasting[name] = (job, outcome)
        else:
            self._done(outcome)

    def _paste(self, name: str, text: str) -> str:
        from .send import SendRequest, send

        receipt = send(self.context, SendRequest(name, text))
        return "" if receipt.outcome == "submitted" else f"prompt {receipt.outcome}"

    def _pasted(self) -> None:
        for name in [name for name, (job, _) in self.pasting.items() if job.done()]:
            job, outcome = self.pasting.pop(name)
            try:
                problem = job.result()
            except TuttiError as error:
                problem = f"prompt not given: {error.message}"
            self._done(attrs.evolve(outcome, detail=problem, ok=not problem))

    def _done(self, outcome: Outcome) -> None:
        self.pending.pop(outcome.agent, None)
        self.results[outcome.agent] = outcome
        self.progress(outcome)


def _warnings(context: Context, agents: list[Agent]) -> tuple[str, ...]:
    chosen = {agent.name for agent in agents}
    outside = {need for agent in agents for need in agent.depends_on} - chosen
    if not outside:
        return ()
    voices = context.voices(outside)
    down = sorted(name for name in outside if voices[name].reading.state in ("stopped", "exited"))
    return tuple(f"{name} is not running, and others depend on it" for name in down)
