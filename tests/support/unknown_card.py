"""A card that is neither PIV nor GIDS."""

from __future__ import annotations


class UnknownCard:
    """Implements SoftCard: answers every application's selection with "not found", and notes what it was sent."""

    def __init__(self) -> None:
        self.commands: list[bytes] = []

    def power_on(self) -> bytes:
        return bytes.fromhex("3B021450")

    reset = power_on

    def power_off(self) -> None: ...

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return b"\x6a\x82"
