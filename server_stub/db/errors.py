"""What can go wrong with a database; quick to import, for the command line."""

from __future__ import annotations


class DatabaseBusy(Exception):
    """Nothing was done; it may be tried again."""


class DatabaseAway(Exception):
    """It cannot be reached, or cannot write now: full, read-only. What was begun is whole or was not done at all."""


class DatabaseUnusable(Exception):
    """The message says why: a kind we do not know, no driver for it, out of reach."""
