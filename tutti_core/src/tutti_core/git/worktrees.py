"""One worktree for each agent: made, looked at and retired, and never lost.

    trees = Worktrees(root, root / ".tutti" / "worktrees")
    tree = trees.ensure("api", "tutti/api")

Nothing falls back to the user's own tree, and nothing unclear is touched: it is an error that
says what was found. Ours is what is both in git's list and in ``.tutti/state/worktrees.json``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tutti_core.errors import GitError
from tutti_core.git.clearing import Bench, drop, taken_away
from tutti_core.git.entries import names_itself
from tutti_core.git.listing import read_list
from tutti_core.git.locking import repository_lock
from tutti_core.git.mending import adoptable, mend
from tutti_core.git.names import check_agent, check_branch
from tutti_core.git.raising import clear_wrecks, raised
from tutti_core.git.records import Branches, Records
from tutti_core.git.repo import Git
from tutti_core.git.site import Site, ailment, some, stranger, survey
from tutti_core.git.trash import Trash
from tutti_core.git.tree import Retired, Tree
from tutti_core.git.worth import contents, held, staged
from tutti_core.undoing.store import Undo


class Worktrees:
    """The worktrees of a workspace's agents.

    Args:
        root: The workspace: a folder in the user's own worktree.
        home: Where the agents' worktrees go, ``<root>/.tutti/worktrees``.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.home = home
        self.git = Git(root)
        self.records = Records(root / ".tutti" / "state" / "worktrees.json")
        self.branches = Branches(root / ".tutti" / "state" / "branches.json")
        self.undo = Undo(root)
        self.bench = Bench(self.git, Trash(home.parent / "trash"), self.undo)

    def ensure(
        self,
        agent: str,
        branch: str,
        *,
        base: str | None = None,
        folders: Sequence[str] = (),
        command: str = "tt up",
    ) -> Tree:
        """Give an agent its worktree: the one it has, else a new one on the branch.

        A tree that exists is never changed, whatever branch it is on by now. One whose folder
        is gone is made again on the branch it was on.

        Args:
            agent: The agent's name.
            branch: The branch to make it on; made from `base` when it does not exist.
            base: Branch, tag or commit; the root's HEAD if it is None.
            folders: The folders to check out in a new tree; none for the whole repository.
            command: What was asked for, for the undo entry if git still holds something of a tree
                whose folder is gone.

        Returns:
            The tree; nobody looked whether it is dirty, which takes long where there is much.

        Raises:
            GitError: It cannot be given; the message says what is in the way.
            StateError: The repository is locked by another tt, or a state file cannot be used.
        """
        check_agent(agent)
        check_branch(self.git, branch)
        with repository_lock(self.git.common, f"making the worktree of {agent}") as busy:
            self.exclude()
            clear_wrecks(self, agent)
            site = self._mended(self.survey(agent), branch)
            if site.whole:
                return self.glance(site)
            undo = self._vacate(site, command)
            self.make(site, self._branch(site, branch), busy, base=base, folders=folders)
            return self.glance(self.survey(agent))._replace(created=True, undo=undo)

    def inspect(self, agent: str) -> Tree | None:
        """Look at the worktree of an agent; reads only.

        Args:
            agent: The agent's name.

        Returns:
            The tree; None if there is no finished one that is tutti's.
        """
        site = self.survey(agent)
        return self.look(site) if site.whole else None

    def list(self) -> dict[str, Tree]:
        """Return all worktrees of tutti's by agent, in one call of git; none is looked into."""
        entries = {entry.path: entry for entry in read_list(self.git)}
        root, home = self.root.resolve(), self._place
        mine = next((entries[top] for top in (root, *root.parents) if top in entries), None)
        base = mine.head if mine else None
        finished = [agent for agent, record in self.records.read().items() if record.created_at]
        found = {agent: entries[home / agent] for agent in finished if home / agent in entries}
        return {
            agent: Tree(entry.path, entry.branch, entry.head, None, base not in (None, entry.head))
            for agent, entry in found.items()
            if names_itself(entry.path)
        }

    def retire(self, agent: str, *, command: str = "tt down --clean") -> Retired:
        """Take the worktree of an agent away and keep its branch, and all that was in it.

        Args:
            agent: The agent's name.
            command: What was asked for, for the undo entry.

        Raises:
            GitError: There is none, it is not tutti's, it is locked, or it cannot be kept whole.
            StateError: The repository is locked by another tt, or a state file cannot be used.
        """
        check_agent(agent)
        with repository_lock(self.git.common, f"retiring the worktree of {agent}"):
            clear_wrecks(self, agent)
            site = self.survey(agent)
            branch = site.record.branch if site.record else ""
            retired = self._retire(self._mended(site, branch), command)
            self.records.forget(agent)
        self.bench.trash.empty()
        return retired

    def worth(self, agent: str) -> tuple[str, ...]:
        """Return in words what is in a worktree and nowhere else; reads only.

        What git ignores does not count.

        Args:
            agent: The agent's name.

        Raises:
            GitError: It has no worktree of tutti's, or git cannot tell.
        """
        site = self.survey(agent)
        entry, admin = site.registered
        there = site.whole
        changed = (
            contents(self.git, site.path).changed if there else staged(self.git, admin, entry.head)
        )
        words = [f"changes in {some(changed)}"] if changed else []
        return (*words, *held(self.git, admin, entry.head))

    def ailment(self, agent: str) -> tuple[str, str]:
        """Return what is wrong with a worktree, and what mends it; two empty texts if nothing is.

        Args:
            agent: The agent's name.
        """
        return ailment(self.survey(agent))

    def exclude(self) -> None:
        """Keep tutti's folder out of the user's `git status` and `git add -A`.

        Raises:
            GitError: There is no repository, or its own list of excludes cannot be written.
        """
        folder = self.root.resolve() / self.home.parent.name
        top = self.git.top()
        if self.home.parent.parent.resolve() != self.root.resolve() or top not in folder.parents:
            return
        # A link to a folder is no folder to git: the pattern must not end in a slash then.
        pattern = re.sub(r"([\\*?\[])", r"\\\1", folder.relative_to(top).as_posix())
        self.git.exclude(f"/{pattern}" + ("" if folder.is_symlink() else "/"))

    @property
    def _place(self) -> Path:
        return self.home.resolve()

    def survey(self, agent: str) -> Site:
        """Find out what is where the worktree of an agent belongs; reads only."""
        return survey(self.git, self._place, self.records, agent)

    def look(self, site: Site) -> Tree:
        """Look into a worktree that was found; reads only."""
        return self.glance(site)._replace(dirty=self.git.dirty(site.path))

    def glance(self, site: Site) -> Tree:
        """Look at a worktree that was found, and at none of its files: there may be many."""
        if site.entry is None:
            raise stranger(site)
        head, root_head = site.entry.head, self.git.head(self.root)
        return Tree(site.path, site.entry.branch, head, None, root_head not in (None, head))

    def _branch(self, site: Site, asked: str) -> str:
        """Return the branch to make a tree on: the one that a vanished tree was on, if any."""
        was = site.entry.branch if site.entry else None
        return was if was and self.git.branch_exists(was) else asked

    def _mended(self, site: Site, branch: str) -> Site:
        """Take up a tree that is ours and does not look it."""
        mended = mend(self.git, site, branch)
        site = self.survey(site.agent) if mended else site
        if adoptable(site, branch) or (mended and site.record and site.record.created_at):
            self.records.adopt(site.agent, site.path, site.record.branch if site.record else branch)
            return self.survey(site.agent)
        return site

    def _vacate(self, site: Site, command: str) -> str:
        """Let git forget a tree whose folder is gone, what it holds of it being kept."""
        if site.taken and not site.empty:
            raise stranger(site)
        return drop(self.bench, site, command) if site.entry else ""

    def make(
        self,
        site: Site,
        branch: str,
        busy: int,
        *,
        base: str | None = None,
        folders: Sequence[str] = (),
    ) -> None:
        """Make a worktree where there is none; call it under the repository's lock.

        Args:
            site: A place where nothing is, and of which git knows nothing.
            branch: An existing branch, or the name of a new one.
            busy: The descriptor of that lock.
            base: Branch, tag or commit that a new branch starts from; HEAD if it is None.
            folders: The folders to check out; none for the whole repository.

        Raises:
            GitError: It cannot be made; nothing of it is left then.
        """
        raised(self, site, branch, busy, base=base, folders=folders)

    def _retire(self, site: Site, command: str) -> Retired:
        if site.record is None and not site.taken:
            raise GitError(f"agent {site.agent} has no worktree: nothing is in {site.path}")
        if site.record is None or (site.taken and not site.empty and not site.whole):
            raise stranger(site)
        if not site.entry:
            return Retired(site.path, site.record.branch, None)
        gone = Retired(site.path, site.entry.branch, site.entry.head)
        if not site.whole:
            return gone._replace(undo=drop(self.bench, site, command))
        with taken_away(self.bench, site, command) as removed:
            return gone._replace(undo=removed.undo, unkept=removed.snapshot.stock.unkept)
