"""What happens by itself once a run has ended, or something befell an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..engine.order import Seat
    from ..record.store import Store


def run_ended(store: Store, seat: Seat) -> None:
    """Do what is to happen once a run has ended; called again if it was killed in the middle.

    Args:
        store: The run, owned; `mark` keeps what was done, `state.marks` has it.
        seat: Who watches.
    """
    from .ending import dispatch, give_back

    give_back(store)
    dispatch(store, seat)
