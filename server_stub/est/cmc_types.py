"""The structures of CMC (RFC 5272 appendix A) that Full PKI Requests and Responses are made of."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from asn1crypto import core

PKI_DATA: Final = "1.3.6.1.5.5.7.12.2"
PKI_RESPONSE: Final = "1.3.6.1.5.5.7.12.3"
TRANSACTION_ID: Final = "1.3.6.1.5.5.7.7.5"
SENDER_NONCE: Final = "1.3.6.1.5.5.7.7.6"
RECIPIENT_NONCE: Final = "1.3.6.1.5.5.7.7.7"
STATUS_INFO_V2: Final = "1.3.6.1.5.5.7.7.25"


class Status(IntEnum):
    """RFC 5272 section 6.1.3."""

    SUCCESS = 0
    FAILED = 2


class FailInfo(IntEnum):
    """RFC 5272 section 6.1.4."""

    BAD_ALG = 0
    BAD_MESSAGE_CHECK = 1
    BAD_REQUEST = 2
    BAD_IDENTITY = 7
    POP_FAILED = 9
    NO_KEY_REUSE = 10
    TRY_LATER = 12


class TaggedAttribute(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("body_part_id", core.Integer),
        ("type", core.ObjectIdentifier),
        ("values", core.SetOf, {"spec": core.Any}),
    ]


class Controls(core.SequenceOf):  # type: ignore[misc]
    _child_spec = TaggedAttribute


class TaggedCertificationRequest(core.Sequence):  # type: ignore[misc]
    """The PKCS #10 stays as it came: its signature covers its bytes."""

    _fields = [("body_part_id", core.Integer), ("request", core.Any)]  # noqa: RUF012


class TaggedRequest(core.Choice):  # type: ignore[misc]
    _alternatives = [  # noqa: RUF012
        ("tcr", TaggedCertificationRequest, {"implicit": 0}),
        ("crm", core.Sequence, {"implicit": 1}),
        ("orm", core.Sequence, {"implicit": 2}),
    ]


class Requests(core.SequenceOf):  # type: ignore[misc]
    _child_spec = TaggedRequest


class Anything(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.Any


class PkiData(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("controls", Controls),
        ("requests", Requests),
        ("cms", Anything),
        ("other_messages", Anything),
    ]


class PkiResponse(core.Sequence):  # type: ignore[misc]
    _fields = [("controls", Controls), ("cms", Anything), ("other_messages", Anything)]  # noqa: RUF012


class BodyList(core.SequenceOf):  # type: ignore[misc]
    """BodyPartReference's first alternative is the only one needed."""

    _child_spec = core.Integer


class StatusInfoV2(core.Sequence):  # type: ignore[misc]
    """OtherStatusInfo's first alternative, failInfo, is the only one needed."""

    _fields = [  # noqa: RUF012
        ("status", core.Integer),
        ("body_list", BodyList),
        ("text", core.UTF8String, {"optional": True}),
        ("fail_info", core.Integer, {"optional": True}),
    ]
