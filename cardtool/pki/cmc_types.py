"""The structures of CMC that renewing takes: Full PKI Request and Response (RFC 5272 appendix A)."""

from __future__ import annotations

from asn1crypto import core

PKI_DATA = "1.3.6.1.5.5.7.12.2"
PKI_RESPONSE = "1.3.6.1.5.5.7.12.3"
TRANSACTION_ID = "1.3.6.1.5.5.7.7.5"
SENDER_NONCE = "1.3.6.1.5.5.7.7.6"
RECIPIENT_NONCE = "1.3.6.1.5.5.7.7.7"
STATUS_INFO_V2 = "1.3.6.1.5.5.7.7.25"


class TaggedAttribute(core.Sequence):  # type: ignore[misc]
    """One control."""

    _fields = [  # noqa: RUF012
        ("body_part_id", core.Integer),
        ("type", core.ObjectIdentifier),
        ("values", core.SetOf, {"spec": core.Any}),
    ]


class Controls(core.SequenceOf):  # type: ignore[misc]
    _child_spec = TaggedAttribute


class TaggedCertificationRequest(core.Sequence):  # type: ignore[misc]
    _fields = [("body_part_id", core.Integer), ("request", core.Any)]  # noqa: RUF012


class TaggedRequest(core.Choice):  # type: ignore[misc]
    """Of its alternatives only PKCS #10."""

    _alternatives = [("tcr", TaggedCertificationRequest, {"implicit": 0})]  # noqa: RUF012


class TaggedRequests(core.SequenceOf):  # type: ignore[misc]
    _child_spec = TaggedRequest


class Unread(core.SequenceOf):  # type: ignore[misc]
    """Always empty in what we send, not looked into in what we get."""

    _child_spec = core.Any


class PkiData(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("controls", Controls),
        ("requests", TaggedRequests),
        ("cms", Unread),
        ("other_messages", Unread),
    ]


class PkiResponse(core.Sequence):  # type: ignore[misc]
    _fields = [("controls", Controls), ("cms", Unread), ("other_messages", Unread)]  # noqa: RUF012


class StatusInfoV2(core.Sequence):  # type: ignore[misc]
    """Section 6.1.1. Of OtherStatusInfo only failInfo; an answer with another alternative cannot be read."""

    _fields = [  # noqa: RUF012
        ("status", core.Integer),
        ("body_list", Unread),
        ("text", core.UTF8String, {"optional": True}),
        ("fail_info", core.Integer, {"optional": True}),
    ]
