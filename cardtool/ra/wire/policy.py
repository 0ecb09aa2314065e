"""What the RA says of itself and its units: information, policy, terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cardtool.errors import RaAnswerMalformed
from cardtool.ra.members import Members

LONGEST_TERMS = 512 * 1024
LARGEST_FEE = 1_000_000


class Carrier(StrEnum):
    CARD = "card"
    FILE = "file"
    BOTH = "both"


class TermsManner(StrEnum):
    TICK = "tick"
    CONFIRM = "confirm"
    AGREE = "agree"


class IdentifierKind(StrEnum):
    ACCOUNT = "account"
    CN = "cn"


@dataclass(frozen=True)
class LocalText:
    """A text in both languages of the product."""

    zh_TW: str  # noqa: N815 (the language tag's own spelling)
    en: str

    @classmethod
    def parse(cls, members: Members) -> LocalText:
        return cls(members.text("zh_TW"), members.text("en"))

    def in_language(self, language: str) -> str:
        return self.zh_TW if language == "zh_TW" else self.en


@dataclass(frozen=True)
class RaInfo:
    """GET /info."""

    name: str
    version: str
    time: datetime
    practice: bool
    units: tuple[str, ...]

    @classmethod
    def parse(cls, members: Members) -> RaInfo:
        return cls(
            name=members.text("name"),
            version=members.text("version"),
            time=members.time("time"),
            practice=members.flag("practice"),
            units=members.identifiers("units"),
        )


@dataclass(frozen=True)
class SignIn:
    captcha: bool
    identifier: IdentifierKind

    @classmethod
    def parse(cls, members: Members) -> SignIn:
        return cls(members.flag("captcha"), members.choice("identifier", IdentifierKind))


@dataclass(frozen=True)
class SitePasswordRule:
    """``letter``, ``upper``, ``lower``, ``digit``: one is required; ``symbols``: they are allowed."""

    minimum: int
    maximum: int
    letter: bool
    upper: bool
    lower: bool
    digit: bool
    symbols: bool

    @classmethod
    def parse(cls, members: Members) -> SitePasswordRule:
        minimum = members.number("minimum", 1, 128)
        kinds = {name: members.flag(name) for name in ("letter", "upper", "lower", "digit", "symbols")}
        return cls(minimum, members.number("maximum", minimum, 1024), **kinds)


class KeyOrigin(StrEnum):
    """attested: the card must prove that it made the key."""

    ANY = "any"
    ATTESTED = "attested"


@dataclass(frozen=True)
class CardPolicy:
    """``key_algorithm`` as named in pki/algorithms.py; ``slots`` in the order they are tried."""

    key_algorithm: str
    slots: tuple[str, ...]
    pin_minimum: int
    pin_maximum: int
    pin_tries: int
    key_origin: KeyOrigin = KeyOrigin.ANY

    @classmethod
    def parse(cls, members: Members) -> CardPolicy:
        minimum = members.number("pin_minimum", 4, 8)
        return cls(
            key_algorithm=members.identifier("key_algorithm"),
            slots=members.identifiers("slots"),
            pin_minimum=minimum,
            pin_maximum=members.number("pin_maximum", minimum, 16),
            pin_tries=members.number("pin_tries", 1, 15),
            key_origin=_key_origin(members),
        )


def _key_origin(members: Members) -> KeyOrigin:
    """An RA that does not say demands nothing."""
    return members.choice("key_origin", KeyOrigin) if members.has("key_origin") else KeyOrigin.ANY


@dataclass(frozen=True)
class UnitFee:
    """What orders of ``kinds`` cost, in whole units of ``currency``, and the kinds of bank account it is taken from."""

    amount: int
    currency: str
    kinds: tuple[str, ...]
    accounts: tuple[str, ...]

    @classmethod
    def parse(cls, members: Members) -> UnitFee:
        return cls(
            amount=members.number("amount", 1, LARGEST_FEE),
            currency=members.identifier("currency"),
            kinds=members.identifiers("kinds"),
            accounts=members.identifiers("accounts"),
        )


@dataclass(frozen=True)
class Support:
    phone: str
    hours: LocalText

    @classmethod
    def parse(cls, members: Members) -> Support:
        return cls(members.text("phone"), LocalText.parse(members.child("hours")))


@dataclass(frozen=True)
class UnitInfo:
    """An RA unit's policy. ``card`` is None where the carrier is a file.

    ``card_sign_in``: the card's signature signs in as well, to renew.
    """

    id: str
    names: LocalText
    carrier: Carrier
    sign_in: SignIn
    site_password: SitePasswordRule
    card: CardPolicy | None
    validity_years: int
    renewal_opens_days: int
    terms: TermsManner
    support: Support
    card_sign_in: bool = False
    fee: UnitFee | None = None

    @classmethod
    def parse(cls, members: Members) -> UnitInfo:
        return cls(
            id=members.identifier("id"),
            names=LocalText.parse(members.child("names")),
            carrier=members.choice("carrier", Carrier),
            sign_in=SignIn.parse(members.child("sign_in")),
            site_password=SitePasswordRule.parse(members.child("site_password")),
            card=CardPolicy.parse(members.child("card")) if members.has("card") else None,
            validity_years=members.number("validity_years", 1, 50),
            renewal_opens_days=members.number("renewal_opens_days", 0, 3650),
            terms=members.choice("terms", TermsManner),
            support=Support.parse(members.child("support")),
            card_sign_in=members.has("card_sign_in") and members.flag("card_sign_in"),
            fee=UnitFee.parse(members.child("fee")) if members.has("fee") else None,
        )


@dataclass(frozen=True)
class Terms:
    """``text`` is Markdown; ``sha256`` (hex) was compared with the text."""

    version: str
    sha256: str
    title: str
    text: str

    @classmethod
    def parse(cls, members: Members) -> Terms:
        import hashlib  # noqa: PLC0415 - brings OpenSSL, which who only shows terms does without

        text = members.text("text", longest=LONGEST_TERMS, lines=True)
        digest = hashlib.sha256(text.encode("utf-8")).digest()
        if members.hexadecimal("sha256", 32, 32) != digest:
            raise RaAnswerMalformed
        return cls(members.identifier("version"), digest.hex(), members.text("title"), text)
