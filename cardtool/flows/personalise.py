"""Personalisation, the card's half (spec 4.3): a blank PIV card becomes a customer's card.

It runs as a child process beside the RA, which makes the secrets and keeps none in clear. Every act looks
first at what the card says, so running it again on a half-personalised card completes it. The admin key
is set last: until then the factory key still opens a card whose personalisation was cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardtool.cards.piv import yubico
from cardtool.cards.piv.admin import authenticate_mutually, find_witness
from cardtool.cards.piv.objects import CardCapabilityContainer, Chuid, KeyHistory
from cardtool.cards.piv.recipes import private_key, read_certificate, write_certificate
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, KeyRef, ObjectTag, Slot
from cardtool.cards.piv.yubico import YubicoExtensions
from cardtool.errors import (
    CardCommandFailed,
    CardNotGenuine,
    NotSupportedByCard,
    SecurityStatusNotSatisfied,
)
from cardtool.pki.csr import build_csr
from cardtool.secret import Secret

FACTORY_PIN = "123456"
FACTORY_PUK = "12345678"
FACTORY_ADMIN_KEY = bytes.fromhex("0102030405060708" * 3)
"""As Yubico ships its devices; other makers' blank cards come with their own model record."""
REFUSED = (SecurityStatusNotSatisfied, CardCommandFailed, CardNotGenuine)
CHUID_EXPIRES = date(2099, 12, 31)
"""The CHUID wants a date; what ends a card's use is its certificates and the RA."""


@dataclass(frozen=True)
class Personalisation:
    """What the RA wants on the card. The secrets are wiped by whoever made this."""

    guid: bytes
    admin_algorithm: AdminAlgorithm
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
    vendor = yubico.detect(piv)
    if vendor is None:
        raise NotSupportedByCard("personalisation")
    open_admin(piv, wanted)
    set_reference_data(piv, vendor, wanted)
    make_verification_key(piv, wanted.verification_key, certify)
    piv.put_data(ObjectTag.CHUID, Chuid.build(wanted.guid, CHUID_EXPIRES).encode())
    piv.put_data(ObjectTag.CARD_CAPABILITY_CONTAINER, CardCapabilityContainer(wanted.guid).encode())
    piv.put_data(ObjectTag.KEY_HISTORY, KeyHistory(on_card=0).encode())
    vendor.set_management_key(wanted.admin_algorithm, wanted.admin_key)
    return vendor.serial()


def open_admin(piv: PivSession, wanted: Personalisation) -> None:
    """Admin status with the factory's key, or with the new one where an earlier run set it already."""
    algorithm, _witness = find_witness(piv)
    with Secret(FACTORY_ADMIN_KEY) as factory:
        try:
            authenticate_mutually(piv, algorithm, factory)
        except REFUSED:
            authenticate_mutually(piv, wanted.admin_algorithm, wanted.admin_key)


def set_reference_data(piv: PivSession, vendor: YubicoExtensions, wanted: Personalisation) -> None:
    """The tries, which sets PIN and PUK back to the factory's, then both values.

    Cut between the two changes, the PIN is still the factory's and the PUK may be ours already: setting the
    tries again makes both the factory's, so the whole is simply done again.
    """
    if not vendor.metadata(KeyRef.PIV_PIN).is_default:
        return
    with Secret(FACTORY_PIN) as pin, Secret(FACTORY_PUK) as puk:
        piv.verify_pin(pin)
        vendor.set_pin_retries(wanted.pin_tries, wanted.puk_tries)
        piv.change_reference_data(KeyRef.PUK, puk, wanted.puk)
        piv.change_reference_data(KeyRef.PIV_PIN, pin, wanted.pin)


def make_verification_key(piv: PivSession, algorithm: Algorithm, certify: Callable[[str], bytes]) -> None:
    """The 9E key proves later, without a PIN, that this is the card the RA knows (spec 3.4)."""
    slot = Slot.CARD_AUTHENTICATION
    if read_certificate(piv, slot) is not None:
        return
    key = piv.generate_asymmetric_key_pair(slot, algorithm)
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey), "the RA asks for keys that sign"
    write_certificate(piv, slot, certify(build_csr(private_key(piv, slot, key))))
