"""Why a request is refused: problem documents (RFC 9457) with the codes the client knows.

The list is the server's own; a contract test compares it with ``cardtool/errors.py``. A problem carries
numbers and short identifiers, never a secret and never text a customer typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

Member = int | str | bool | None


@dataclass(frozen=True)
class Kind:
    code: str
    status: int
    title: str
    members: tuple[str, ...] = ()


class Code(Enum):
    FAULT = Kind("R105", 500, "The server failed")
    BUSY = Kind("R106", 429, "Come again later", ("retry_after",))
    UNIT_UNKNOWN = Kind("R107", 404, "No such RA unit", ("unit",))
    MALFORMED = Kind("R108", 400, "The request cannot be read", ("field",))
    WRONG_PASSWORD = Kind("R201", 401, "Wrong account or site password", ("attempts_left",))
    CAPTCHA_WRONG = Kind("R202", 400, "The captcha was answered wrongly")
    CAPTCHA_EXPIRED = Kind("R203", 400, "The captcha is used up or too old")
    SUSPENDED = Kind("R204", 403, "The account is suspended")
    PASSWORD_MUST_CHANGE = Kind("R205", 403, "The site password must be changed first")
    SESSION_EXPIRED = Kind("R206", 401, "Sign in again")
    PASSWORD_RULE = Kind("R207", 422, "The new site password breaks the rule", ("rule",))
    NOT_ALLOWED = Kind("R208", 403, "Not allowed")
    CODE_WRONG = Kind("R209", 403, "Wrong enrolment code", ("attempts_left",))
    CARD_SIGN_IN_REFUSED = Kind("R210", 403, "The card sign-in is refused")
    NOT_APPROVED = Kind("R301", 403, "The registration is not approved", ("state",))
    CONFLICT = Kind("R302", 409, "The resource is not in a state that allows this", ("state",))
    NOT_FOUND = Kind("R303", 404, "Not found")
    TERMS_CHANGED = Kind("R304", 409, "The terms have changed")
    RELAY_VOID = Kind("R305", 409, "The relay is void")
    REQUEST_REFUSED = Kind("R306", 422, "The certificate request is refused", ("reason",))
    CARD_NOT_VERIFIED = Kind("R307", 403, "The card's signature is not accepted")
    FEE_REFUSED = Kind("R308", 422, "The bank refuses the debit", ("reason",))
    BANK_UNREACHABLE = Kind("R309", 503, "The bank does not answer")


class Problem(Exception):
    """Ends a request. ``keep``: what the act wrote before (a counter, a used nonce) is committed anyway."""

    def __init__(
        self, code: Code, *, keep: bool = False, status: int | None = None, **members: Member
    ) -> None:
        super().__init__(code.value.code)
        self.kind = code.value
        self.keep = keep
        self.status = status or self.kind.status
        self.members = members

    def document(self) -> dict[str, Member]:
        """The body of the answer."""
        head: dict[str, Member] = {
            "type": f"urn:cardtool:problem:{self.kind.code}",
            "title": self.kind.title,
            "status": self.status,
            "code": self.kind.code,
        }
        return {**head, **self.members}

    def headers(self) -> Mapping[str, str]:
        """Header fields that belong to the status: Retry-After for R106, WWW-Authenticate for 401."""
        if "retry_after" in self.members:
            return {"Retry-After": str(self.members["retry_after"])}
        if self.status == 401:
            return {"WWW-Authenticate": "Bearer"}
        return {}
