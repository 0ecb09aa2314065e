"""Who is signed in: captcha, session, account."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cardtool.ra.members import Members
from cardtool.secret import Secret

LARGEST_MEDIA = 1024 * 1024


class Registration(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    USED = "used"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Captcha:
    """``demo_answer``: the demo RA alone tells it, so that scripts can sign in."""

    id: str
    image_png: bytes = field(repr=False)
    audio_wav: bytes = field(repr=False)
    expires_at: datetime
    demo_answer: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, members: Members, demo_answer: str | None = None) -> Captcha:
        return cls(
            id=members.identifier("id"),
            image_png=members.base64("image_png", LARGEST_MEDIA),
            audio_wav=members.base64("audio_wav", LARGEST_MEDIA),
            expires_at=members.time("expires_at"),
            demo_answer=demo_answer,
        )


@dataclass(frozen=True)
class CardChallenge:
    """What a card signs to sign in; ``nonce`` is good once, until ``expires_at``."""

    nonce: bytes
    expires_at: datetime

    @classmethod
    def parse(cls, members: Members) -> CardChallenge:
        return cls(members.hexadecimal("nonce", 16, 64), members.time("expires_at"))


@dataclass(frozen=True)
class Session:
    """``by_card``: made with the card's signature; it renews and reads, and needs no site password."""

    account: str
    unit: str
    expires_at: datetime
    must_change_password: bool
    by_card: bool = False

    @classmethod
    def parse(cls, members: Members) -> Session:
        return cls(
            account=members.text("account"),
            unit=members.identifier("unit"),
            expires_at=members.time("expires_at"),
            must_change_password=members.flag("must_change_password"),
            by_card=members.has("by_card") and members.flag("by_card"),
        )


@dataclass(frozen=True)
class SignedIn:
    """The answer to a sign-in: the session and its bearer token."""

    session: Session
    token: Secret

    @classmethod
    def parse(cls, members: Members) -> SignedIn:
        return cls(Session.parse(members), members.token("token"))


@dataclass(frozen=True)
class CardLabel:
    card_id: str
    label: str

    @classmethod
    def parse(cls, members: Members) -> CardLabel:
        return cls(members.identifier("card_id"), members.text("label"))


@dataclass(frozen=True)
class Account:
    """The customer's registration data as the RA keeps them."""

    account: str
    unit: str
    identifier: str = field(repr=False)
    holder: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)
    registration: Registration
    suspended: bool
    cards: tuple[CardLabel, ...]

    @classmethod
    def parse(cls, members: Members) -> Account:
        return cls(
            account=members.text("account"),
            unit=members.identifier("unit"),
            identifier=members.optional_text("identifier"),
            holder=members.text("holder"),
            email=members.optional_text("email"),
            phone=members.optional_text("phone"),
            registration=members.choice("registration", Registration),
            suspended=members.flag("suspended"),
            cards=members.children("cards", CardLabel.parse),
        )
