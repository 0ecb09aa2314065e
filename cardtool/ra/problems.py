"""Answers that say no: problem documents (RFC 9457) → the errors of cardtool/errors.py.

A hostile RA must not make us say what is not its business: only its own codes are believed, and their
members only when they have the field's type and a modest size.
"""

from __future__ import annotations

from http import HTTPStatus

from cardtool.errors import (
    BankUnreachable,
    CertificateRefused,
    Datum,
    NotAllowed,
    NotFoundAtRa,
    RaAnswerMalformed,
    RaBusy,
    RaError,
    RaFault,
    RaNotTrusted,
    RaTimeout,
    RaUnreachable,
    all_errors,
)
from cardtool.ra.members import IDENTIFIER, Members, parse_json

JUDGED_HERE = (RaUnreachable, RaTimeout, RaNotTrusted, RaAnswerMalformed, CertificateRefused)
LARGEST_NUMBER = 1_000_000
DEFAULT_RETRY_AFTER = 60


def error_of_answer(status: int, document: Members, retry_after: str | None) -> RaError:
    """The error that a problem document stands for; without a known code, what its status (4xx) says."""
    known = _codes().get(str(document.raw("code")))
    if known is RaBusy or status == HTTPStatus.TOO_MANY_REQUESTS:
        return RaBusy(seconds_to_wait(document.raw("retry_after"), retry_after))
    if known is not None:
        return known(**_members(known, document))
    return NotFoundAtRa() if status == HTTPStatus.NOT_FOUND else NotAllowed()


def error_of_fault(status: int, body: bytes) -> RaError:
    """What a 5xx stands for: a bank behind the RA that does not answer, where it says so; else a fault."""
    try:
        document = Members(parse_json(body))
    except RaAnswerMalformed:
        return RaFault(status)
    return BankUnreachable() if document.raw("code") == BankUnreachable.code else RaFault(status)


def _codes() -> dict[str, type[RaError]]:
    return {
        code: kind
        for code, kind in all_errors().items()
        if issubclass(kind, RaError) and kind not in JUDGED_HERE
    }


def _members(kind: type[RaError], document: Members) -> dict[str, Datum]:
    return {
        name: _member(wanted, document.raw(name), getattr(kind, name, None))
        for name, wanted in kind.fields.items()
    }


def _member(wanted: str, value: object, otherwise: Datum) -> Datum:
    """The value where it has the field's type, else what the field is without it."""
    if isinstance(value, int) and not isinstance(value, bool) and wanted.startswith("int"):
        return min(max(value, 0), LARGEST_NUMBER)
    if isinstance(value, str) and wanted == "str" and IDENTIFIER.fullmatch(value):
        return value
    return otherwise


def seconds_to_wait(*told: object) -> int:
    """The first of them that is a number of seconds (RFC 9110 section 10.2.3), a day at most; else a minute."""
    for value in told:
        text = str(value)
        if text.isascii() and text.isdecimal():
            return min(int(text[:9]), 24 * 3600)
    return DEFAULT_RETRY_AFTER
