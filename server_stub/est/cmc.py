"""Full PKI Requests (RFC 5272): renewal, signed by the key of the certificate that is to be renewed.

The signature is all the authentication there is, so each transaction and each nonce works once.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import core
from cryptography import x509
from sqlalchemy.exc import IntegrityError

from server_stub import enrolment, issuing, renewal
from server_stub.db.models import CmcTransaction
from server_stub.est import wire
from server_stub.est.cmc_types import (
    PKI_DATA,
    PKI_RESPONSE,
    RECIPIENT_NONCE,
    SENDER_NONCE,
    STATUS_INFO_V2,
    TRANSACTION_ID,
    FailInfo,
    PkiData,
    PkiResponse,
    Status,
    StatusInfoV2,
)
from server_stub.problems import Code, Problem
from server_stub.ra import Ra
from server_stub.signed_data import BadSignedData, make_signed, open_signed

_NONCE_LENGTHS: Final = range(16, 65)
_TRANSACTIONS: Final = range(1 << 160)
_WHOLE_MESSAGE: Final = 0  # as a body part: RFC 5272 section 3.2.2
_OWN_PARTS: Final = 1  # ours are numbered from here
_FAIL_INFO: Final = {
    "R208": FailInfo.BAD_IDENTITY,
    "R204": FailInfo.BAD_IDENTITY,
    "signature": FailInfo.POP_FAILED,
    "key": FailInfo.BAD_ALG,
    "reused": FailInfo.NO_KEY_REUSE,
    "too-early": FailInfo.TRY_LATER,
}


class _Refused(Exception):
    """The request cannot be what it should be."""


@dataclass(frozen=True)
class _Asked:
    """What a request says: its transaction and nonce, and one PKCS #10 with its number."""

    transaction: int
    nonce: bytes
    body_part: int
    request: bytes


@dataclass(frozen=True)
class Answer:
    """``der``: a Full PKI Response, whether it went well or not."""

    der: bytes
    is_success: bool


def answer(ra: Ra, message: bytes) -> Answer:
    """What a Full PKI Request gets. Raises nothing for whatever comes."""
    asked = None
    try:
        opened = open_signed(message, PKI_DATA)
        asked = _parse(opened.content)
        certificate = _renew(ra, opened.signer, asked)
    except BadSignedData:
        return _failure(ra, asked, FailInfo.BAD_MESSAGE_CHECK)
    except _Refused:
        return _failure(ra, asked, FailInfo.BAD_REQUEST)
    except Problem as problem:
        return _failure(ra, asked, _fail_info(problem))
    status = StatusInfoV2({"status": Status.SUCCESS, "body_list": [asked.body_part]})
    return Answer(_respond(ra, asked, status, [certificate]), is_success=True)


def _parse(content: bytes) -> _Asked:
    """Raises _Refused unless there are one transaction, one nonce and one PKCS #10, each of decent size."""
    try:
        data = PkiData.load(content, strict=True)
        (tagged,) = data["requests"]
        if tagged.name != "tcr" or len(data["cms"]) or len(data["other_messages"]):
            raise _Refused
        asked = _Asked(
            transaction=_control(data, TRANSACTION_ID, core.Integer),
            nonce=_control(data, SENDER_NONCE, core.OctetString),
            body_part=tagged.chosen["body_part_id"].native,
            request=tagged.chosen["request"].dump(),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise _Refused from error
    if asked.transaction not in _TRANSACTIONS or len(asked.nonce) not in _NONCE_LENGTHS:
        raise _Refused
    return asked


def _control(data: PkiData, kind: str, spec: type[core.Asn1Value]) -> Any:
    """The one value of the one control of this kind. Raises ValueError."""
    (control,) = (control for control in data["controls"] if control["type"].dotted == kind)
    (value,) = control["values"]
    return value.parse(spec).native


def _renew(ra: Ra, signer: x509.Certificate, asked: _Asked) -> x509.Certificate:
    """Raises Problem, and _Refused for what was used before."""
    with ra.act(write=False) as act:
        row, order = renewal.find(act, signer)
    author = f"certificate/{row.serial}"
    _use_up(ra, author, row.serial, asked)
    if not wire.has_same_names(asked.request, signer):
        raise Problem(Code.REQUEST_REFUSED, reason="subject")
    request = issuing.check(wire.as_pem_request(asked.request), order.key_algorithm)
    return enrolment.at_once(
        ra,
        author,
        request,
        lambda act: renewal.take_order(act, signer),
        is_delivery=order.card_id is None,  # a card's owner still tells that it was written
    )


def _use_up(ra: Ra, author: str, serial: str, asked: _Asked) -> None:
    """Committed before anything else is done. Raises _Refused for a transaction or nonce of before."""
    try:
        with ra.act(author) as act:
            used = CmcTransaction(
                serial=serial, transaction=f"{asked.transaction:x}", nonce=asked.nonce.hex(), used_at=act.now
            )
            act.db.add(used)
    except IntegrityError as error:
        raise _Refused from error


def _fail_info(problem: Problem) -> FailInfo:
    members = problem.members
    for name in (problem.kind.code, members.get("reason"), members.get("state")):
        if name in _FAIL_INFO:
            return _FAIL_INFO[str(name)]
    return FailInfo.BAD_REQUEST


def _failure(ra: Ra, asked: _Asked | None, why: FailInfo) -> Answer:
    part = asked.body_part if asked else _WHOLE_MESSAGE
    status = StatusInfoV2({"status": Status.FAILED, "body_list": [part], "fail_info": why})
    return Answer(_respond(ra, asked, status, []), is_success=False)


def _respond(
    ra: Ra, asked: _Asked | None, status: StatusInfoV2, certificates: Sequence[x509.Certificate]
) -> bytes:
    """Signed by the RA's CMC delegate; the requester's nonce and transaction come back in it."""
    controls: list[tuple[str, core.Asn1Value]] = [(STATUS_INFO_V2, status)]
    if asked is not None:
        controls += [
            (TRANSACTION_ID, core.Integer(asked.transaction)),
            (SENDER_NONCE, core.OctetString(secrets.token_bytes(_NONCE_LENGTHS.start))),
            (RECIPIENT_NONCE, core.OctetString(asked.nonce)),
        ]
    tagged = [
        {"body_part_id": number, "type": kind, "values": [value]}
        for number, (kind, value) in enumerate(controls, start=_OWN_PARTS)
    ]
    content = PkiResponse({"controls": tagged, "cms": [], "other_messages": []}).dump()
    with ra.act(write=False) as act:
        now = act.now
    chain = [*certificates, *ra.authority.chain]
    return make_signed(content, PKI_RESPONSE, ra.cmc_signer.at(now), chain, now)
