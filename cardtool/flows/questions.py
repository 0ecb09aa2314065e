"""Every question a flow asks, with the type of its answer. What is shown comes in the question, words do not."""

from __future__ import annotations

from dataclasses import dataclass

from cardtool.cards.overview import CardOverview, CertificateOnCard, KeyPlace
from cardtool.errors import CardToolError
from cardtool.flows.ports import Question
from cardtool.ra.wire import Account, Captcha, CardPolicy, SitePasswordRule, Terms, UnitInfo
from cardtool.secret import Secret


@dataclass(frozen=True)
class SignInAnswer:
    """``unit`` may differ from the one asked with, and ``new_captcha`` asks for another image: both ask again."""

    unit: str
    account: str
    password: Secret
    captcha: str = ""
    new_captcha: bool = False


@dataclass(frozen=True, kw_only=True)
class AskSignIn(Question[SignInAnswer]):
    """SGN-1. ``fixed_account``: a session ran out mid-wizard and the same person signs in again."""

    page: str = "SGN-1"
    units: tuple[UnitInfo, ...]
    unit: str
    account: str = ""
    captcha: Captcha | None = None
    fixed_account: bool = False


@dataclass(frozen=True, kw_only=True)
class AskNewSitePassword(Question[Secret]):
    """SGN-2: the first sign-in. The page checks the rule while typing and that both entries agree."""

    page: str = "SGN-2"
    rule: SitePasswordRule


@dataclass(frozen=True, kw_only=True)
class AcceptTerms(Question[bool]):
    """APC-1: the registration data to check and the terms to accept."""

    page: str = "APC-1"
    account: Account
    unit: UnitInfo
    terms: Terms


@dataclass(frozen=True)
class CardChoice:
    """A card that lies in a reader. ``obstacle`` is why it will not do for this task, None if it will."""

    overview: CardOverview
    obstacle: CardToolError | None = None


@dataclass(frozen=True, kw_only=True)
class ChooseCard(Question[str | None]):
    """CRD-1, APC-2, SIG-1: answer the reader's name, or None to look again (a card came or went).

    Asked with no fitting card it is the page "insert your card": it goes on by itself when one comes.
    ``reader``: the one that was named beforehand, '' for none.
    """

    page: str
    choices: tuple[CardChoice, ...]
    reader: str = ""


@dataclass(frozen=True)
class PinAnswer:
    """``last_try`` confirms that the last try may be used. ``pin`` None: it will be typed on the reader's keypad."""

    pin: Secret | None
    last_try: bool = False


@dataclass(frozen=True, kw_only=True)
class AskPin(Question[PinAnswer]):
    """CRD-2, APC-3, SIG-2. ``tries_left`` None: the card does not say. ``resumed``: an earlier start goes on.

    ``accepted_before``: the PIN was right in this run already and is asked for again as consent.
    ``pad``: it can be typed on the reader.
    """

    page: str
    card: CardOverview
    tries_left: int | None
    policy: CardPolicy | None = None
    resumed: bool = False
    accepted_before: bool = False
    pad: bool = False


@dataclass(frozen=True, kw_only=True)
class ChooseCertificate(Question[KeyPlace]):
    """SIG-1: which certificate; the answer is its slot or container."""

    page: str = "SIG-1"
    card: CardOverview
    certificates: tuple[CertificateOnCard, ...]


@dataclass(frozen=True, kw_only=True)
class ConfirmSignOut(Question[bool]):
    page: str = "OUT-1"
    account: str


@dataclass(frozen=True)
class SitePasswordChange:
    """PWS: both are wiped by the flow."""

    old: Secret
    new: Secret


@dataclass(frozen=True, kw_only=True)
class AskSitePasswordChange(Question[SitePasswordChange]):
    """PWS-1. Attempts left, where the old one was wrong, come with ``error``."""

    page: str = "PWS-1"
    rule: SitePasswordRule
