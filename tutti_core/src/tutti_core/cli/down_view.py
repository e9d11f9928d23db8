"""What `tt down` prints of one workspace."""

from __future__ import annotations

from ..team.down import Downed, DownResponse


def summary(results: tuple[Downed, ...], *, clean: bool = False) -> str:
    """Return what became of a team in one line.

    Args:
        results: What became of each agent.
        clean: Whether their worktrees were to go too.
    """
    outcomes = [one.outcome for one in results]
    stopped, exited = outcomes.count("stopped"), outcomes.count("exited")
    cleaned = sum(one.cleaned for one in results)
    words = [f"Stopped {stopped} agent(s)."] if stopped else []
    words += [f"Closed the session of {exited} that had ended by themselves."] if exited else []
    words += [f"Removed {cleaned} worktree(s)."] if cleaned else []
    if words or not all(one.ok for one in results):
        return " ".join(words or ["Nothing was stopped."])
    return "No running agents to stop" + (", no worktrees to remove." if clean else ".")


def told_words(one: Downed) -> str:
    """Return what became of an agent in a few words; empty if there was nothing to do."""
    if one.outcome == "not running" and one.ok and not one.cleaned:
        return ""
    words = [one.outcome]
    many = "1 process" if one.killed == 1 else f"{one.killed} processes"
    words += [f"{many} had to be killed"] if one.killed else []
    words += ["worktree removed"] if one.cleaned else []
    words += [one.detail] if one.detail else []
    return ", ".join(words)


def hints(done: DownResponse) -> list[str]:
    """Return what to do about what was not done."""
    return list(dict.fromkeys(one.hint for one in done.results if one.hint))
