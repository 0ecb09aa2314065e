"""APC-4: the acts of the working page, each one irreversible act with its record.

A key and its certificate are tied to the order: as long as the RA has issued nothing, a key may be made
anew; once it has, the certificate decides which key counts (spec 3.3, a GENERATE whose answer was lost).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from cardtool.cards.piv.recipes import (
    BeforeUse,
    private_key,
    read_certificate,
    read_chuid,
    refresh_chuid_guid,
    sign_message,
    slot_key_matches,
    verification_signature,
    write_certificate,
)
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, Slot
from cardtool.errors import OrderConflict, ProofFailed, ReadBackDiffers
from cardtool.flows.apply_card.context import ApplyContext
from cardtool.flows.apply_card.origin import attestation_of, require_attesting_card
from cardtool.flows.apply_card.slots import allowed_slots, free_slot
from cardtool.flows.results import Applied
from cardtool.pki.algorithms import PublicKey
from cardtool.pki.certificate import check_issued, describe, load, public_key_of
from cardtool.pki.csr import build_csr
from cardtool.pki.verify import verify_signature
from cardtool.ra.statements import card_verification_statement, stored_statement

PINS_FOR_9C = 3
"""To open the card, for the request, for the proof."""
KEY_LOST = "key-lost"
EXPIRED = "certificate-expired"
BEGIN_AGAIN = (KEY_LOST, EXPIRED)
"""Why an issued certificate that never got onto the card is given up (OrderConflict)."""

# --- open-order -------------------------------------------------------------------------------


def open_order(context: ApplyContext) -> None:
    """Take up this card's open order or begin one, and choose the slot."""
    card_id = context.at_ra.card_id
    under_way = [order for order in context.ra.open_orders() if order.card_id == card_id]
    if not any(order.certificate for order in under_way):
        require_attesting_card(context)
    if under_way:
        context.order, context.resumed = under_way[0], True
        context.slot = slot_of_order(context)
    else:
        terms = context.accepted_terms
        slot = choose_free_slot(context)
        context.order = context.keeping_card(lambda: context.ra.create_order("apply", card_id, terms))
        context.slot = slot


def has_order(context: ApplyContext) -> bool:
    return context.order is not None and context.slot is not None


def slot_of_order(context: ApplyContext) -> Slot:
    """Where the order's key is: a resumed order's certificate may be on the card already."""
    if context.issued:
        issued = issued_der(context)
        for slot in allowed_slots(context):
            if read_certificate(context.piv, slot) == issued:
                return slot
    return choose_free_slot(context)


def choose_free_slot(context: ApplyContext) -> Slot:
    """Looked at on the card itself: the page showed what was there before the PIN. Raises CardHasCertificate."""
    held = {slot: read_certificate(context.piv, slot) for slot in allowed_slots(context)}
    return free_slot(held, context.ports.clock.now(), lambda: context.keeping_card(context.ra.certificates))


# --- authorise-card ---------------------------------------------------------------------------


def authorise_card(context: ApplyContext) -> None:
    """The card proves itself with its 9E key, then the RA opens its admin status by relay (spec 4.3)."""
    piv, order, ra = context.piv, context.open_order, context.ra
    challenge = context.keeping_card(lambda: ra.start_verification(order.card_id, "apply"))
    statement = card_verification_statement(
        audience=ra.origin,
        card_id=order.card_id,
        nonce=challenge.nonce,
        purpose="apply",
        now=context.ports.clock.now(),
    )
    signature = verification_signature(piv, statement)
    context.keeping_card(lambda: ra.finish_verification(order.card_id, challenge.id, statement, signature))
    relay = context.keeping_card(lambda: ra.open_relay(order.id, challenge.id))
    witness = piv.admin_witness(AdminAlgorithm.from_label(relay.algorithm))
    answer = context.keeping_card(lambda: ra.relay_witness(relay.id, witness))
    response = piv.admin_mutual_response(answer.witness, answer.challenge)
    context.order = context.keeping_card(lambda: ra.relay_response(relay.id, response))
    context.admin = True


def is_authorised(context: ApplyContext) -> bool:
    """Nothing is left to write, or this transaction has admin status."""
    return context.admin or context.stored or (certificate_is_on_card(context) and guid_is_new(context))


# --- create-key, send-request -----------------------------------------------------------------


def create_key(context: ApplyContext) -> None:
    """GENERATE in the chosen slot. Only while no certificate was issued for the key that is there."""
    if context.issued:
        raise OrderConflict(KEY_LOST)
    algorithm = Algorithm.from_label(context.open_order.key_algorithm)
    context.ports.journal.note(context.entry("create-key"))
    key = context.piv.generate_asymmetric_key_pair(context.chosen_slot, algorithm)
    assert isinstance(key, PublicKey), "the RA asks for keys that sign"
    context.new_key = key


def key_is_there(context: ApplyContext) -> bool:
    """The slot's key is the one the order's certificate was issued for."""
    if not context.issued:
        return False
    key = public_key_of(issued_der(context))
    return context.stored or slot_key_matches(
        context.piv, context.chosen_slot, key, before_use=before_use(context)
    )


def send_request(context: ApplyContext) -> None:
    """PKCS#10 signed on the card; the same key again gets the same certificate."""
    key = context.new_key
    assert key is not None
    attestation = attestation_of(context, context.chosen_slot)
    csr = build_csr(private_key(context.piv, context.chosen_slot, key, before_use(context)))
    send = partial(context.ra.send_request, context.open_order.id, csr, attestation=attestation)
    order = context.keeping_card(send)
    context.order = order


def has_certificate(context: ApplyContext) -> bool:
    return context.issued


def before_use(context: ApplyContext) -> BeforeUse:
    """9C asks for the PIN before every signature: the value that was right is sent again (spec 3.6).

    On a reader's keypad the person types it again, told which one of how many it is.
    """
    if context.chosen_slot is not Slot.SIGNATURE:
        return lambda: None
    if context.pin is None:
        return partial(context.verify_on_reader, None if context.resumed else PINS_FOR_9C)
    return partial(context.piv.verify_pin, context.pin)


# --- check, write, read-back ------------------------------------------------------------------


def check_certificate(context: ApplyContext) -> None:
    """Nothing that does not fit is ever written (spec 2.6): key, validity, chain to the pinned root.

    The root of a first meeting is pinned only when a certificate was found good with it.
    """
    der, now = issued_der(context), context.ports.clock.now()
    if context.resumed and describe(der).not_after <= now:
        raise OrderConflict(EXPIRED)
    chain = context.keeping_card(context.ra.chain)
    anchors, origin = context.ports.anchors, context.ra.origin
    assert anchors is not None
    anchor = anchors.for_origin(origin, chain)
    check_issued(der, context.new_key or public_key_of(der), chain, (anchor,), now)
    anchors.pin(origin, anchor)


def is_checked(context: ApplyContext) -> bool:
    return context.stored


def write(context: ApplyContext) -> None:
    write_certificate(context.piv, context.chosen_slot, issued_der(context))


def is_written(context: ApplyContext) -> bool:
    return context.stored or certificate_is_on_card(context)


def certificate_is_on_card(context: ApplyContext) -> bool:
    return context.issued and read_certificate(context.piv, context.chosen_slot) == issued_der(context)


def read_back(context: ApplyContext) -> None:
    if not certificate_is_on_card(context):
        raise ReadBackDiffers


def announce_change(context: ApplyContext) -> None:
    """A new CHUID GUID makes systems drop what they cached of the card; the RA hears of it first (spec 3.5)."""
    order = context.open_order
    context.keeping_card(lambda: context.ra.announce_guid(order.card_id, context.new_guid))
    refresh_chuid_guid(context.piv, context.new_guid)


def guid_is_new(context: ApplyContext) -> bool:
    """Also where there is nothing to renew: no CHUID, or one that only its issuer may change."""
    chuid = None if context.stored else read_chuid(context.piv)
    return chuid is None or chuid.signed or chuid.guid == context.new_guid


# --- prove ------------------------------------------------------------------------------------


def prove(context: ApplyContext) -> None:
    """A fresh signature verified with the certificate as written; the same signature is the RA's receipt."""
    order, der = context.open_order, issued_der(context)
    statement = stored_statement(
        audience=context.ra.origin, certificate=der, order=order.id, now=context.ports.clock.now()
    )
    key = public_key_of(der)
    signature = sign_message(context.piv, context.chosen_slot, key, statement, before_use(context))
    if not verify_signature(key, signature, statement):
        raise ProofFailed
    stored = context.keeping_card(lambda: context.ra.report_stored(order.id, statement, signature))
    # From now on the unit may leave it to its staff who sees the certificate.
    context.order = replace(stored, certificate=order.certificate)


def is_stored(context: ApplyContext) -> bool:
    return context.stored


def finish(context: ApplyContext) -> None:
    der = issued_der(context)
    context.outcome = Applied(
        certificate=describe(der),
        der=der,
        card_id=context.open_order.card_id,
        slot=context.chosen_slot.label,
        order=context.open_order.id,
        resumed=context.resumed,
    )


def issued_der(context: ApplyContext) -> bytes:
    pem = context.open_order.certificate
    assert pem is not None, "asked for before the RA issued"
    return load(pem)
