"""Personalisation, the card's half (spec 4.3): a blank PIV card becomes a customer's card.

It runs as a child process beside the RA, which makes the secrets and keeps none in clear. Every act looks
first at what the card says, so running it again on a half-personalised card completes it. The admin key
is set last: until then the factory key still opens a card whose personalisation was cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cardtool.cards.keys import card_private_key
from cardtool.cards.piv.objects import CardCapabilityContainer, CardHolderUniqueIdentifier, KeyHistory
from cardtool.cards.piv.recipes import read_certificate, write_certificate
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import Algorithm, ObjectTag, Slot
from cardtool.errors import SecurityStatusNotSatisfied
from cardtool.pki.csr import build_csr
from cardtool.secret import Secret

FACTORY_PIN = "123456"
FACTORY_PUK = "12345678"
FACTORY_ADMIN_KEY = bytes.fromhex("0102030405060708" * 3)


@dataclass(frozen=True)
class Personalisation:
    """What the RA wants on the card. The secrets are wiped by whoever made this."""

    guid: bytes
    admin_algorithm: Algorithm
    admin_key: Secret
    pin: Secret
    pin_tries: int
    puk: Secret
    puk_tries: int
    verification_key: Algorithm


def personalise(piv: PivSession, wanted: Personalisation, certify: Callable[[str], bytes]) -> int | None:
    """Personalise the selected card. ``certify``: CSR of the 9E key (PEM) → its certificate (DER).

    Returns the vendor's serial where the card has one. Raises card errors; may simply be run again.
    """
    open_admin(piv, wanted)
    set_reference_data(piv, wanted)
    make_verification_key(piv, wanted.verification_key, certify)
    piv.put_data(ObjectTag.CHUID, CardHolderUniqueIdentifier.with_guid(wanted.guid).encode())
    piv.put_data(ObjectTag.CCC, CardCapabilityContainer.new().encode())
    piv.put_data(ObjectTag.KEY_HISTORY, KeyHistory().encode())
    piv.set_management_key(wanted.admin_algorithm, wanted.admin_key)
    return piv.serial()


def open_admin(piv: PivSession, wanted: Personalisation) -> None:
    """Admin status with the key the card was to get, where it has it already, else with the factory's."""
    factory = Secret(FACTORY_ADMIN_KEY)
    with factory:
        try:
            piv.authenticate_admin(wanted.admin_algorithm, wanted.admin_key)
        except SecurityStatusNotSatisfied:
            piv.authenticate_admin(piv.admin_algorithm(), factory)


def set_reference_data(piv: PivSession, wanted: Personalisation) -> None:
    """Tries first (that resets both values to the factory's), then PIN and PUK."""
    if not piv.pin_is_default():
        piv.verify_pin(wanted.pin)
        return
    with Secret(FACTORY_PIN) as pin, Secret(FACTORY_PUK) as puk:
        piv.verify_pin(pin)
        piv.set_pin_retries(wanted.pin_tries, wanted.puk_tries)
        piv.change_puk(puk, wanted.puk)
        piv.change_pin(pin, wanted.pin)


def make_verification_key(piv: PivSession, algorithm: Algorithm, certify: Callable[[str], bytes]) -> None:
    """The 9E key proves later, without a PIN, that this is the card the RA knows (spec 3.4)."""
    slot = Slot.CARD_AUTHENTICATION
    if read_certificate(piv, slot) is not None:
        return
    key = piv.generate_asymmetric_key_pair(slot, algorithm)
    write_certificate(piv, slot, certify(build_csr(card_private_key(piv, slot, key))))
