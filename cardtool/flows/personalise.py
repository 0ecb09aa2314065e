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


Certify = Callable[[str, str], bytes]
"""What a CSR is for (``verification`` or ``signing``) and its PEM → the certificate (DER)."""


@dataclass(frozen=True)
class KeyWish:
    slot: Slot
    algorithm: Algorithm


@dataclass(frozen=True)
class Personalisation:
    """What the RA wants on the card. The secrets are wiped by whoever made this.

    ``signing``: a customer's key made at once; only for practice, where there is no customer to make it.
    """

    guid: bytes
    admin_algorithm: AdminAlgorithm
    admin_key: Secret
    pin: Secret
    pin_tries: int
    puk: Secret
    puk_tries: int
    verification: Algorithm
    signing: KeyWish | None = None


def personalise(piv: PivSession, wanted: Personalisation, certify: Certify) -> int | None:
    """Personalise the selected card.

    Returns the vendor's serial where the card has one. Raises card errors; may simply be run again.
    """
    vendor = yubico.detect(piv)
    if vendor is None:
        raise NotSupportedByCard("personalisation")
    open_admin(piv, wanted)
    set_reference_data(piv, vendor, wanted)
    make_key(piv, KeyWish(Slot.CARD_AUTHENTICATION, wanted.verification), "verification", certify)
    if wanted.signing is not None:
        make_key(piv, wanted.signing, "signing", certify)
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
    tries again makes both the factory's, so the whole is simply done again. Leaves the PIN verified.
    """
    if not vendor.metadata(KeyRef.PIV_PIN).is_default:
        piv.verify_pin(wanted.pin)
        return
    with Secret(FACTORY_PIN) as pin, Secret(FACTORY_PUK) as puk:
        piv.verify_pin(pin)
        vendor.set_pin_retries(wanted.pin_tries, wanted.puk_tries)
        piv.change_reference_data(KeyRef.PUK, puk, wanted.puk)
        piv.change_reference_data(KeyRef.PIV_PIN, pin, wanted.pin)
        piv.verify_pin(wanted.pin)


def make_key(piv: PivSession, wish: KeyWish, use: str, certify: Certify) -> None:
    """A key with its certificate, unless the slot has one. 9E proves later, without a PIN, which card this is."""
    if read_certificate(piv, wish.slot) is not None:
        return
    key = piv.generate_asymmetric_key_pair(wish.slot, wish.algorithm)
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey), "the RA asks for keys that sign"
    write_certificate(piv, wish.slot, certify(use, build_csr(private_key(piv, wish.slot, key))))
