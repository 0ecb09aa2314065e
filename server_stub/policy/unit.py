"""The shape of a unit file (TOML). Every field is a parameter of the product's table of units."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
KeyAlgorithm = Literal["RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Part):
    """The same text in both languages."""

    zh_TW: Text  # noqa: N815 (the language's own tag)
    en: Text


class SignIn(_Part):
    """``identifier``: what is typed beside the site password, an account name or the certificate's CN."""

    identifier: Literal["account", "cn"]
    captcha: bool


class SitePassword(_Part):
    """letter, upper, lower, digit: at least one is required; symbols: they are allowed at all."""

    minimum: int = Field(ge=4, le=64)
    maximum: int = Field(ge=4, le=64)
    letter: bool = False
    upper: bool = False
    lower: bool = False
    digit: bool = False
    symbols: bool = True

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError("site_password: minimum is above maximum")
        return self


class CardPolicy(_Part):
    """``slots``: PIV key references a signing key may live in, the preferred one first.

    ``key_origin``: attested where only keys are certified that the card proves to have made itself.
    """

    key_algorithm: KeyAlgorithm
    slots: tuple[Literal["9A", "9C"], ...] = Field(min_length=1)
    pin_minimum: int = Field(ge=6, le=8)
    pin_maximum: int = Field(ge=6, le=8)
    pin_tries: int = Field(ge=1, le=15)
    key_origin: Literal["any", "attested"] = "any"

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.pin_minimum > self.pin_maximum:
            raise ValueError("card: pin_minimum is above pin_maximum")
        return self


class FilePolicy(_Part):
    """Keys in files. ``est``: programs may enrol with account and site password, and renew by TLS (RFC 7030)."""

    key_algorithm: KeyAlgorithm
    est: bool = False


class States(_Part):
    """Who may change a certificate's state: an officer by form, the user signed in, the user with the password again.

    Only an officer resumes. A user revokes everything that counts at once.
    """

    suspend: Literal["officer", "user", "password"] = "officer"
    revoke: Literal["officer", "user"] = "officer"


class Issuing(_Part):
    """What belongs to a certificate beyond its request.

    ``activation``: it is on hold until its holder asks with the site password. ``enrolment_code``: applying takes a
    one-time code from the counter. ``redownload``: who lets the customer have it again.
    """

    activation: bool = False
    enrolment_code: bool = False
    redownload: Literal["user", "staff"] = "user"


class Fee(_Part):
    """What the orders of ``kinds`` cost, and from which kinds of bank account it is taken.

    ``amount``: whole units of the currency. ``abandoned``: the money of an order that ends without a certificate is
    released at once, or kept as credit for the customer's next order, for ``credit_days``, and released then.
    """

    amount: int = Field(ge=1, le=1_000_000)
    currency: Literal["TWD"] = "TWD"
    kinds: tuple[Literal["renew"], ...] = Field(min_length=1)
    accounts: tuple[Literal["passbook", "giro"], ...] = Field(min_length=1)
    abandoned: Literal["release", "credit"] = "release"
    credit_days: int | None = Field(ge=1, le=730, default=None)

    @model_validator(mode="after")
    def _credit_ends(self) -> Self:
        if (self.credit_days is None) != (self.abandoned == "release"):
            raise ValueError("fee: credit_days is needed exactly when abandoned is credit")
        return self


class Subject(_Part):
    """What stands in every certificate of the unit beside the identifier (CN)."""

    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
    organisation: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Support(_Part):
    phone: Text
    hours: Words


class Unit(_Part):
    """``card_sign_in``: customers may sign in with the key on their card as well, to renew."""

    id: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9-]{1,30}$")]
    names: Words
    carrier: Literal["card", "file", "both"]
    sign_in: SignIn
    card_sign_in: bool = False
    site_password: SitePassword
    card: CardPolicy | None = None
    file: FilePolicy | None = None
    states: States = States()
    issuing: Issuing = Issuing()
    fee: Fee | None = None
    subject: Subject
    validity_years: int = Field(ge=1, le=5)
    renewal_opens_days: int = Field(ge=1, le=180)
    order_days: int = Field(ge=1, le=90)
    terms: Literal["tick", "confirm", "agree"]
    terms_version: Annotated[str, StringConstraints(pattern="^[0-9A-Za-z.-]{1,32}$")]
    suspension_after: int = Field(ge=1, le=20)
    first_sign_in_change: bool
    sign_in_again_after_change: bool
    cards_per_registration: int = Field(ge=1, le=10, default=1)
    support: Support

    @model_validator(mode="after")
    def _carrier_has_rules(self) -> Self:
        if (self.card is None) != (self.carrier == "file"):
            raise ValueError("[card] is needed exactly when the carrier is card or both")
        if (self.file is None) != (self.carrier == "card"):
            raise ValueError("[file] is needed exactly when the carrier is file or both")
        if self.card_sign_in and self.card is None:
            raise ValueError("card_sign_in needs [card]")
        return self
