"""The terminal front: the same flows as the wizards, for scripts and for those who have no window (spec 7.2)."""
