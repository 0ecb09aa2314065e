"""Our half of a card's mutual authentication with its admin key (SP 800-73-5 part 2, section 3.2.4, key 9B).

1. The card draws a witness and gives it **encrypted**; we decrypt it: only who has the key can.
2. We draw a challenge; the card gives it back **encrypted**; we compare.

The key works in these two steps only. What a client could learn by sending us a block of its own choosing is
that block decrypted; to pass step 2 it would need a block encrypted, which is done nowhere for anyone.
"""

from __future__ import annotations

import hmac
import os
from typing import Final, Self

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from server_stub.custody.derivation import KEY_LENGTHS

_AES_BLOCK: Final = 16
_TDES_BLOCK: Final = 8


class RelayRefused(Exception):
    """``why`` is length | used | early (a response before any challenge)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class AdminRelay:
    """One authentication: ``answer_witness`` once, then ``check`` once.

    Between the two HTTP requests ``export`` gives the challenge to be stored sealed; ``restore`` takes it up.
    """

    __slots__ = ("_block", "_challenge", "_cipher", "_used")

    def __init__(self, algorithm: str, key: bytes) -> None:
        """``algorithm``: TDES | AES-128 | AES-192 | AES-256. RelayRefused for a key of another length."""
        if len(key) != KEY_LENGTHS[algorithm]:
            raise RelayRefused("length")
        tdes = algorithm == "TDES"
        self._block = _TDES_BLOCK if tdes else _AES_BLOCK
        # SP 800-73-5 transforms single random blocks, for which ECB is the plain block cipher.
        self._cipher = Cipher(TripleDES(key) if tdes else AES(key), ECB())  # noqa: S305
        self._challenge: bytes | None = None
        self._used = False

    @classmethod
    def restore(cls, algorithm: str, key: bytes, challenge: bytes) -> Self:
        """A relay whose witness was answered and whose ``export`` gave ``challenge``."""
        relay = cls(algorithm, key)
        if len(challenge) != relay._block:
            raise RelayRefused("length")
        relay._challenge = challenge
        return relay

    def export(self) -> bytes:
        """The challenge, as long as it waits for its response. Raises RelayRefused."""
        return self._waiting_challenge()

    def answer_witness(self, encrypted: bytes) -> tuple[bytes, bytes]:
        """The decrypted witness and our challenge, both one block. Raises RelayRefused."""
        if self._challenge is not None:
            raise RelayRefused("used")
        if len(encrypted) != self._block:
            raise RelayRefused("length")
        decryptor = self._cipher.decryptor()
        witness = decryptor.update(encrypted) + decryptor.finalize()
        self._challenge = os.urandom(self._block)
        return witness, self._challenge

    def check(self, response: bytes) -> bool:
        """Whether the card encrypted our challenge; constant time. The relay is used up either way.

        Raises RelayRefused when there is no challenge waiting.
        """
        encryptor = self._cipher.encryptor()
        expected = encryptor.update(self._waiting_challenge()) + encryptor.finalize()
        self._used = True
        return hmac.compare_digest(expected, response)

    def _waiting_challenge(self) -> bytes:
        if self._used:
            raise RelayRefused("used")
        if self._challenge is None:
            raise RelayRefused("early")
        return self._challenge
