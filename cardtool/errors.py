"""The one tree of errors. They carry data, never prose: words are in resources/words.

Each class has a ``code`` that is the same in every language, read over the phone, and never
changes its meaning. The first letter names the side that failed and thereby the exit status
of the terminal front (docs/commands.md):

=== ====================================== ===========
C   the card or its reader                 exit 4
R   the registration authority (RA)        exit 5
L   this computer (local)                  exit 6
P   the person cancelled or refused        exit 3
U   the command was used wrongly           exit 2
=== ====================================== ===========

Fields hold numbers, flags and short identifiers. A secret must never be put into one.
"""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform

Datum = int | str | bool | None


@dataclass_transform(eq_default=False)
class CardToolError(Exception):
    """Base of all errors a person may meet. ``retryable``: the same act may simply be tried again.

    Fields are declared as in a dataclass. They are bound here, and not by code generated for each class: that took
    10 ms of every start of the window.
    """

    code: ClassVar[str]
    exit_status: ClassVar[int]
    retryable: ClassVar[bool] = False
    fields: ClassVar[dict[str, str]] = {}
    """Name and type of each; a default is an attribute of the class."""

    def __init_subclass__(cls) -> None:
        kinds: dict[str, str] = vars(cls).get("__annotations__", {})
        cls.fields = cls.fields | {
            name: kind for name, kind in kinds.items() if not kind.startswith("ClassVar")
        }

    def __init__(self, *values: Any, **named: Any) -> None:
        data = dict(zip(self.fields, values, strict=False)) | named
        wanted = {name for name in self.fields if not hasattr(type(self), name)}
        if len(data) != len(values) + len(named) or not wanted <= data.keys() <= self.fields.keys():
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(self.fields)}")
        super().__init__(*values)
        vars(self).update(data)

    def data(self) -> dict[str, Datum]:
        """The fields by name, for words with placeholders, reports and JSON."""
        return {name: getattr(self, name) for name in self.fields}

    def __str__(self) -> str:
        shown = " ".join(f"{name}={value}" for name, value in self.data().items())
        return f"{self.code} {shown}".rstrip()

    def __reduce__(self) -> tuple[type[CardToolError], tuple[Datum, ...]]:
        return type(self), tuple(self.data().values())


# --- the card (C) -----------------------------------------------------------------------------


class CardError(CardToolError):
    exit_status: ClassVar[int] = 4


class CardRemoved(CardError):
    """The card was pulled (SCARD_W_REMOVED_CARD, SCARD_E_NO_SMARTCARD, an empty answer)."""

    code: ClassVar[str] = "C101"
    retryable: ClassVar[bool] = True


class ReaderUnplugged(CardError):
    code: ClassVar[str] = "C102"
    retryable: ClassVar[bool] = True


class CardWasReset(CardError):
    """Another program reset the card between two of our commands (SCARD_W_RESET_CARD)."""

    code: ClassVar[str] = "C103"
    retryable: ClassVar[bool] = True


class CardHeld(CardError):
    """Another program holds the card (SCARD_E_SHARING_VIOLATION)."""

    code: ClassVar[str] = "C104"
    retryable: ClassVar[bool] = True
    reader: str = ""
    holder: str = ""


class CardMute(CardError):
    """The card does not answer: upside down, dirty or damaged."""

    code: ClassVar[str] = "C105"
    retryable: ClassVar[bool] = True
    reader: str = ""


class NoCard(CardError):
    code: ClassVar[str] = "C106"
    retryable: ClassVar[bool] = True
    reader: str = ""


class SeveralCards(CardError):
    """More than one card could be meant and none was chosen."""

    code: ClassVar[str] = "C107"
    count: int = 2


class ReaderFault(CardError):
    """Any other PC/SC failure; ``status`` is the SCARD code, e.g. 0x80100016."""

    code: ClassVar[str] = "C108"
    retryable: ClassVar[bool] = True
    status: int = 0


class WrongPin(CardError):
    """``tries_left`` is None where the card does not say."""

    code: ClassVar[str] = "C201"
    tries_left: int | None


class PinBlocked(CardError):
    code: ClassVar[str] = "C202"


class PinNotSent(CardError):
    """Not sent, so no try used.

    ``rule`` is length | characters | same | guessable | repeated | different | not_typed (on a reader's keypad).
    """

    code: ClassVar[str] = "C203"
    rule: str
    minimum: int = 6
    maximum: int = 8


class PinRefused(CardError):
    """The card refused the value's form (6A80); no try was used."""

    code: ClassVar[str] = "C204"


class WrongPuk(CardError):
    code: ClassVar[str] = "C205"
    tries_left: int | None


class PukBlocked(CardError):
    code: ClassVar[str] = "C206"


class LastTry(CardError):
    """One try is left and the person has not confirmed that it may be used."""

    code: ClassVar[str] = "C207"


class PukTriesUnknown(CardError):
    """Not sent: the card does not tell the unlock code's tries, and this one could be the last."""

    code: ClassVar[str] = "C208"


class UnknownCard(CardError):
    """Neither PIV nor GIDS: only its ATR is read."""

    code: ClassVar[str] = "C301"
    atr: str = ""


class CardNotYours(CardError):
    """The RA knows the card as another customer's."""

    code: ClassVar[str] = "C302"


class CardSwapped(CardError):
    """Not the card this wizard began with; nothing was written."""

    code: ClassVar[str] = "C303"
    retryable: ClassVar[bool] = True


class CardNotPersonalised(CardError):
    """A PIV or GIDS card without a card-verification key of our RA: blank or self-managed."""

    code: ClassVar[str] = "C304"


class CardNotGenuine(CardError):
    """The card could not prove that it is the one the RA personalised."""

    code: ClassVar[str] = "C305"


class NoFreeSlot(CardError):
    code: ClassVar[str] = "C306"


class CardHasCertificate(CardError):
    """Applying would replace a working certificate: renewal is the road."""

    code: ClassVar[str] = "C307"
    slot: str = ""


class CardCannotAttest(CardError):
    """The unit wants proof that the card makes its own keys, and this card gives none."""

    code: ClassVar[str] = "C308"


class CardCommandFailed(CardError):
    """A status word that no other class names. ``command`` is the specification's name."""

    code: ClassVar[str] = "C401"
    command: str
    sw: int


class CardAnswerMalformed(CardError):
    code: ClassVar[str] = "C402"
    command: str


class ObjectNotFound(CardError):
    """SW 6A82 for a data object, key or application."""

    code: ClassVar[str] = "C403"
    command: str


class NotSupportedByCard(CardError):
    code: ClassVar[str] = "C404"
    capability: str


class SecurityStatusNotSatisfied(CardError):
    """SW 6982: PIN or admin status is missing or was lost."""

    code: ClassVar[str] = "C405"
    command: str


class CardFull(CardError):
    code: ClassVar[str] = "C406"


class ReadBackDiffers(CardError):
    """What was read back is not what was written."""

    code: ClassVar[str] = "C407"


class ProofFailed(CardError):
    """A signature made on the card does not verify with its certificate."""

    code: ClassVar[str] = "C408"


class NoCertificate(CardError):
    """The card holds no certificate that fits the request."""

    code: ClassVar[str] = "C409"


# --- the registration authority (R) -----------------------------------------------------------


class RaError(CardToolError):
    exit_status: ClassVar[int] = 5


class RaUnreachable(RaError):
    """No connection, or it broke. The request may or may not have arrived. ``way``: proxy, or empty."""

    code: ClassVar[str] = "R101"
    retryable: ClassVar[bool] = True
    way: str = ""


class RaTimeout(RaError):
    code: ClassVar[str] = "R102"
    retryable: ClassVar[bool] = True


class RaNotTrusted(RaError):
    """TLS failed; ``issuer`` names who signed what was shown, where known."""

    code: ClassVar[str] = "R103"
    issuer: str = ""


class RaAnswerMalformed(RaError):
    """Not the JSON that was asked for: HTML, truncated, oversized, wrong types."""

    code: ClassVar[str] = "R104"


class RaFault(RaError):
    """The RA answered 5xx."""

    code: ClassVar[str] = "R105"
    retryable: ClassVar[bool] = True
    status: int = 500


class RaBusy(RaError):
    """Rate limit; ``retry_after`` in seconds."""

    code: ClassVar[str] = "R106"
    retryable: ClassVar[bool] = True
    retry_after: int = 60


class UnitUnknown(RaError):
    code: ClassVar[str] = "R107"
    unit: str = ""


class RequestMalformed(RaError):
    """The RA could not read our request; ``field`` names the first wrong one."""

    code: ClassVar[str] = "R108"
    field: str = ""


class WrongSitePassword(RaError):
    code: ClassVar[str] = "R201"
    attempts_left: int | None


class CaptchaWrong(RaError):
    """Costs no password attempt; a new image is needed."""

    code: ClassVar[str] = "R202"


class CaptchaExpired(RaError):
    code: ClassVar[str] = "R203"


class AccountSuspended(RaError):
    code: ClassVar[str] = "R204"


class PasswordMustChange(RaError):
    """First sign-in: nothing else is allowed before the site password is changed."""

    code: ClassVar[str] = "R205"


class SessionExpired(RaError):
    code: ClassVar[str] = "R206"
    retryable: ClassVar[bool] = True


class SitePasswordRule(RaError):
    """The new site password breaks the unit's rule; ``rule`` is length | characters | same."""

    code: ClassVar[str] = "R207"
    rule: str = ""


class NotAllowed(RaError):
    code: ClassVar[str] = "R208"


class WrongEnrolmentCode(RaError):
    """The one-time code from the counter's slip; case matters. At zero a new slip is needed."""

    code: ClassVar[str] = "R209"
    attempts_left: int | None


class CardSignInRefused(RaError):
    """The RA does not say why: another unit's or customer's card, a certificate that does not count, or too late."""

    code: ClassVar[str] = "R210"


class RegistrationNotApproved(RaError):
    """``state``: pending, rejected, or used where its certificate was issued already; empty if not known."""

    code: ClassVar[str] = "R301"
    state: str = ""


class OrderConflict(RaError):
    """The order is not in a state that allows this; ``state`` is the state it is in."""

    code: ClassVar[str] = "R302"
    state: str = ""


class NotFoundAtRa(RaError):
    """Order, card or other resource unknown (or another customer's: the RA does not tell which)."""

    code: ClassVar[str] = "R303"


class TermsChanged(RaError):
    """The terms the person accepted are no longer the current ones."""

    code: ClassVar[str] = "R304"


class RelayVoid(RaError):
    """The admin relay was opened elsewhere, timed out or was used: start again from the witness."""

    code: ClassVar[str] = "R305"
    retryable: ClassVar[bool] = True


class RequestRefused(RaError):
    """The certificate request breaks the profile; ``reason`` is signature | key | reused | subject | attestation."""

    code: ClassVar[str] = "R306"
    reason: str = ""


class CardVerificationFailed(RaError):
    """The RA does not accept what the card signed: with its 9E key, or to renew."""

    code: ClassVar[str] = "R307"


class FeeRefused(RaError):
    """The bank refuses the debit; nothing was taken.

    ``reason`` is no-account | not-holder | blocked | funds | kind (not accepted by the unit) | other.
    """

    code: ClassVar[str] = "R308"
    reason: str = ""


class BankUnreachable(RaError):
    """The RA got no answer from the bank. Asking again with the same account debits once."""

    code: ClassVar[str] = "R309"
    retryable: ClassVar[bool] = True


class CertificateRefused(RaError):
    """Not written, though the RA sent it; ``reason`` is key | validity | chain | malformed | profile."""

    code: ClassVar[str] = "R401"
    reason: str = ""


# --- this computer (L) ------------------------------------------------------------------------


class ComputerError(CardToolError):
    exit_status: ClassVar[int] = 6


class ReaderServiceOff(ComputerError):
    """The PC/SC service is not running or not installed."""

    code: ClassVar[str] = "L101"
    retryable: ClassVar[bool] = True


class ReaderNotPermitted(ComputerError):
    """The PC/SC service refuses this user (polkit, sandbox)."""

    code: ClassVar[str] = "L102"


class NoReader(ComputerError):
    code: ClassVar[str] = "L103"
    retryable: ClassVar[bool] = True


class ClockWrong(ComputerError):
    """This computer's clock is ``minutes`` away from the RA's: more than certificates can bear (spec 6.3)."""

    code: ClassVar[str] = "L104"
    retryable: ClassVar[bool] = True
    minutes: int = 0


class FolderNotWritable(ComputerError):
    """``what`` names the use of the folder (journal, log, file), never a path."""

    code: ClassVar[str] = "L201"
    what: str = ""


class DiskFull(ComputerError):
    code: ClassVar[str] = "L202"
    what: str = ""


class AlreadyRunning(ComputerError):
    """Another CardTool of this user is working on the same thing."""

    code: ClassVar[str] = "L203"


class PracticeNotReady(ComputerError):
    """The practice world could not be started."""

    code: ClassVar[str] = "L301"
    what: str = ""


class CardFileUnreadable(ComputerError):
    """A software card's state file; ``what`` is missing | json | format | version | kind | content."""

    code: ClassVar[str] = "L302"
    what: str = ""


class Defect(ComputerError):
    """A fault of our own. ``what`` is the exception's class name only: its text may hold anything."""

    code: ClassVar[str] = "L901"
    what: str = ""


class BackstageEnded(ComputerError):
    """The process behind the window, which speaks to cards and RA, ended while something was asked of it."""

    code: ClassVar[str] = "L902"
    retryable: ClassVar[bool] = True


# --- the person (P) and the command line (U) --------------------------------------------------


class PersonError(CardToolError):
    exit_status: ClassVar[int] = 3


class Cancelled(PersonError):
    code: ClassVar[str] = "P101"


class TermsNotAccepted(PersonError):
    code: ClassVar[str] = "P102"


class UsageError(CardToolError):
    exit_status: ClassVar[int] = 2


class AnswerMissing(UsageError):
    """A secret or choice is needed and ``--answers -`` does not hold it; ``name`` is its key."""

    code: ClassVar[str] = "U101"
    name: str


class AnswersMalformed(UsageError):
    code: ClassVar[str] = "U102"


class CommandRefused(UsageError):
    """An expert command that needs ``--expert`` or a known card; ``command`` is its name.

    ``why`` is ``secret`` where it may carry one and stood on the command line, else empty.
    """

    code: ClassVar[str] = "U103"
    command: str
    why: str = ""


class ArgumentInvalid(UsageError):
    code: ClassVar[str] = "U104"
    name: str


class NotBuiltYet(UsageError):
    """A command of the contract whose wizard this version does not have."""

    code: ClassVar[str] = "U105"
    command: str


def all_errors() -> dict[str, type[CardToolError]]:
    """Every error a person may meet, by code."""
    found: dict[str, type[CardToolError]] = {}
    waiting: list[type[CardToolError]] = [CardToolError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if "code" in vars(kind):
            found[kind.code] = kind
    return found
