"""The shapes of docs/ra-api.md as typed values. Each ``parse`` raises RaAnswerMalformed for anything else."""

from cardtool.ra.wire.orders import (
    CardAtRa,
    CertificateAtRa,
    Order,
    OrderState,
    Relay,
    Verification,
    WitnessAnswer,
)
from cardtool.ra.wire.people import (
    Account,
    Captcha,
    CardLabel,
    Registration,
    Session,
    SignedIn,
)
from cardtool.ra.wire.policy import (
    CardPolicy,
    Carrier,
    IdentifierKind,
    LocalText,
    RaInfo,
    SignIn,
    SitePasswordRule,
    Support,
    Terms,
    TermsManner,
    UnitInfo,
)

__all__ = [
    "Account",
    "Captcha",
    "CardAtRa",
    "CardLabel",
    "CardPolicy",
    "Carrier",
    "CertificateAtRa",
    "IdentifierKind",
    "LocalText",
    "Order",
    "OrderState",
    "RaInfo",
    "Registration",
    "Relay",
    "Session",
    "SignIn",
    "SignedIn",
    "SitePasswordRule",
    "Support",
    "Terms",
    "TermsManner",
    "UnitInfo",
    "Verification",
    "WitnessAnswer",
]
