"""What kind of GIDS application is simulated: sizes, and where real ones differ from one another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cardtool.pcsc.virtual.link import LinkLimits

_TAG_AND_LENGTH = 8
"""Room for the header beside the content of a data object."""


@dataclass(frozen=True, kw_only=True)
class Personality:
    """One kind of card. Sizes are bytes, key sizes bits."""

    name: str
    atr: bytes
    pin_tries: int = 3
    pin_shortest: int = 4
    pin_longest: int = 16
    key_bits: tuple[int, ...] = (2048, 3072, 4096)
    extended_length: bool = True
    answer_block: int = 0xFFFF
    """Most data bytes in one answer, whatever Le says; the rest waits behind 61xx."""
    object_size: int = 8192
    memory: int = 65536
    tells_verified: bool = True
    """An empty VERIFY answers 9000 while the PIN is verified; otherwise it always tells the tries."""
    old_try_counter: bool = False
    """The try counter stands in tag 9F17, as in version 1, instead of 97."""

    @property
    def link_limits(self) -> LinkLimits:
        return LinkLimits(longest_command=self.object_size + _TAG_AND_LENGTH, answer_block=self.answer_block)


PLAIN = Personality(
    name="plain",
    # T=1, historical bytes "CardGIDS": no other program knows it, and none needs to.
    atr=bytes.fromhex("3B88014361726447494453A4"),
)

SPARSE = replace(
    PLAIN,
    name="sparse",
    atr=bytes.fromhex("3B88014361726447696430C7"),
    key_bits=(2048,),
    extended_length=False,
    answer_block=256,
    object_size=4096,
    tells_verified=False,
    old_try_counter=True,
)
"""Short lengths only, small, and as silent as the specification allows."""
