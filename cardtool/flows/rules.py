"""What is checked before anything is sent: no try is spent on a value that cannot be right (spec 1.2, 2)."""

from __future__ import annotations

from cardtool.cards.gids.types import PIN_LENGTH_MAX, PIN_LENGTH_MIN
from cardtool.cards.overview import CardOverview
from cardtool.errors import PinNotSent
from cardtool.ra.wire import CardPolicy, SitePasswordRule
from cardtool.secret import Secret

PinLimits = tuple[int, int]
"""Fewest and most bytes."""
PIV_PIN_LIMITS: PinLimits = (6, 8)
"""SP 800-73-5 part 2, 2.4.3: 6 to 8 bytes, padded with FF."""

GIDS_PIN_LIMITS: PinLimits = (PIN_LENGTH_MIN, PIN_LENGTH_MAX)


def pin_limits(card: CardOverview, policy: CardPolicy | None) -> PinLimits:
    """The unit's, where it has a say in this card; else what the standard of its kind takes."""
    if policy is not None:
        return policy.pin_minimum, policy.pin_maximum
    return GIDS_PIN_LIMITS if card.kind == "gids" else PIV_PIN_LIMITS


def pin_fault(pin: Secret, limits: PinLimits, refused: list[Secret]) -> PinNotSent | None:
    """Why this PIN is not sent, None if it may be. ``refused``: values this card already called wrong."""
    minimum, maximum = limits
    value = pin.bytes()
    if not minimum <= len(value) <= maximum:
        return PinNotSent("length", minimum, maximum)
    if not all(0x20 < byte < 0x7F for byte in value):
        return PinNotSent("characters", minimum, maximum)
    if pin in refused:
        return PinNotSent("repeated", minimum, maximum)
    return None


def site_password_faults(rule: SitePasswordRule, password: str) -> tuple[str, ...]:
    """The parts of the unit's rule a new site password breaks, in the order they are explained."""
    checks = {
        "length": rule.minimum <= len(password) <= rule.maximum,
        "letter": not rule.letter or any(character.isalpha() for character in password),
        "upper": not rule.upper or any(character.isupper() for character in password),
        "lower": not rule.lower or any(character.islower() for character in password),
        "digit": not rule.digit or any(character.isdigit() for character in password),
        "characters": all(_allowed(character, rule) for character in password),
    }
    return tuple(name for name, kept in checks.items() if not kept)


def _allowed(character: str, rule: SitePasswordRule) -> bool:
    if not 0x20 < ord(character) < 0x7F:
        return False
    return rule.symbols or character.isalnum()
