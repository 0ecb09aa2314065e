"""SIG: prove a key by a fresh signature that is verified with its certificate (card road)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric import rsa

from cardtool.cards.gids import recipes as gids
from cardtool.cards.gids.types import Algorithm
from cardtool.cards.keys import SigningPublicKey
from cardtool.cards.overview import CertificateOnCard, KeyPlace
from cardtool.cards.piv.recipes import sign_message
from cardtool.cards.piv.types import Slot
from cardtool.errors import CertificateRefused, NoCertificate, ProofFailed
from cardtool.flows.choosing import card_is_here, card_mends, choose_card, forget_card, present_pin
from cardtool.flows.context import Context
from cardtool.flows.engine import Flow, Step
from cardtool.flows.ports import Act, Back
from cardtool.flows.questions import ChooseCertificate
from cardtool.flows.results import SignatureProof
from cardtool.pki.certificate import describe, public_key_of
from cardtool.pki.verify import verify_signature

SIGNING_SLOTS = (Slot.AUTHENTICATION, Slot.SIGNATURE)
TEXT = b"CardTool signature test "
SIGN = Act("sign", "SIG-2", usual=(0.2, 2.0))


@dataclass
class SignatureTestContext(Context):
    slot: KeyPlace | None = None
    outcome: SignatureProof | None = None


def _candidates(context: Context) -> tuple[CertificateOnCard, ...]:
    held = context.chosen_card.certificates
    return tuple(one for one in held if _can_sign(one))


def _can_sign(held: CertificateOnCard) -> bool:
    """Other programs may have put anything there. Of GIDS keys, those that the card's commands have a number for."""
    try:
        key = public_key_of(held.der)
    except CertificateRefused:
        return False
    if isinstance(held.slot, Slot):
        return held.slot in SIGNING_SLOTS
    return isinstance(key, rsa.RSAPublicKey) and Algorithm.from_bits(key.key_size) is not None


def _choose_certificate(context: SignatureTestContext) -> None:
    candidates = _candidates(context)
    if not candidates:
        raise NoCertificate
    slots = [held.slot for held in candidates]
    if context.slot not in slots:
        question = ChooseCertificate(card=context.chosen_card, certificates=candidates)
        context.slot = slots[0] if len(slots) == 1 else context.ports.prompts.ask(question)


def _forget_certificate(context: SignatureTestContext) -> None:
    """With one certificate there was nothing to choose: then the way back is to the card."""
    context.release_card()
    context.slot = None
    if len(_candidates(context)) == 1:
        raise Back


def _sign(context: SignatureTestContext) -> None:
    """A message nobody signed before, so that no recorded answer can pass."""
    held = next(held for held in _candidates(context) if held.slot == context.slot)
    key = public_key_of(held.der)
    message = TEXT + os.urandom(16).hex().encode("ascii")
    before = perf_counter()
    # The PIN was presented by the step before and nothing was sent since: good for 9C as well.
    signature = _signature(context, held.slot, key, message)
    seconds = perf_counter() - before
    if not verify_signature(key, signature, message):
        raise ProofFailed
    context.outcome = SignatureProof(describe(held.der), held.slot, message, signature, seconds)


def _signature(
    context: SignatureTestContext, place: KeyPlace, key: SigningPublicKey, message: bytes
) -> bytes:
    if isinstance(place, Slot):
        return sign_message(context.piv, place, key, message)
    assert isinstance(key, rsa.RSAPublicKey), "no other key is a candidate"
    return gids.sign_message(context.gids, place, key, message)


SIG: Flow[SignatureTestContext] = Flow(
    "SIG",
    (
        Step("choose-card", lambda context: choose_card(context, "SIG-1"), card_is_here, forget_card),
        Step("choose-certificate", _choose_certificate, forget=_forget_certificate),
        Step("pin", lambda context: present_pin(context, "SIG-2", None)),
        Step("sign", _sign, act=SIGN),
    ),
    card_mends(),
)
