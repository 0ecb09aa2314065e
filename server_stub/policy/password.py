"""The unit's rule for site passwords."""

from __future__ import annotations

from typing import Literal

from server_stub.policy.unit import SitePassword

Breach = Literal["length", "characters", "same"]


def breach_of(rule: SitePassword, new: str, *, old: str) -> Breach | None:
    """What ``new`` breaks first, or None. Letters are ASCII: every keyboard can type them."""
    if not rule.minimum <= len(new) <= rule.maximum:
        return "length"
    if not _characters_fit(rule, new):
        return "characters"
    return "same" if new == old else None


def _characters_fit(rule: SitePassword, new: str) -> bool:
    if not (new.isascii() and new.isprintable()) or " " in new:
        return False
    if not rule.symbols and not new.isalnum():
        return False
    required = (
        (rule.letter, str.isalpha),
        (rule.upper, str.isupper),
        (rule.lower, str.islower),
        (rule.digit, str.isdigit),
    )
    return all(any(test(character) for character in new) for wanted, test in required if wanted)
