"""How many agents may run on one subscription, counted where nobody can race."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..config.find import global_path
from ..errors import PolicyError
from ..model.order import natural
from ..state.lock import Lock

if TYPE_CHECKING:
    from ..model.arrangement import Profile
    from .context import Context

WAIT_SECS = 120.0


@contextmanager
def seat(context: Context, profile: Profile | None) -> Iterator[None]:
    """Hold a place on a profile while an agent is started on it.

    Args:
        context: The workspace.
        profile: The profile, or None when the agent runs on none.

    Raises:
        PolicyError: If the profile's agents are as many as it allows, over all workspaces.
    """
    if profile is None or profile.max_concurrent is None:
        yield
        return
    path = global_path().parent / "locks" / f"profile-{profile.name}.lock"
    with Lock(path, timeout=WAIT_SECS, purpose="starting an agent on the profile"):
        running = [one for one in context.host.list() if _counts(one.profile, one.dead, profile)]
        if len(running) >= profile.max_concurrent:
            found = sorted((f"{one.workspace}/{one.agent}" for one in running), key=natural)
            names = ", ".join(found)
            raise PolicyError(
                f"profile {profile.name!r} allows {profile.max_concurrent} agents at once, "
                f"and there are {len(running)}: {names}",
                hint="tt down one of them, or raise max_concurrent",
            )
        yield


def _counts(name: str, dead: bool, profile: Profile) -> bool:
    return name == profile.name and not dead
