"""SGN and OUT: sign in to the RA, change the site password where it is the first time, sign out."""

from __future__ import annotations

from dataclasses import dataclass, field

from cardtool.errors import (
    AccountSuspended,
    Cancelled,
    CaptchaExpired,
    CaptchaWrong,
    CardToolError,
    PasswordMustChange,
    RequestMalformed,
    SessionExpired,
    UnitUnknown,
    WrongSitePassword,
)
from cardtool.errors import (
    SitePasswordRule as RuleBroken,
)
from cardtool.flows.clock import require_right_clock
from cardtool.flows.context import Context
from cardtool.flows.engine import Flow, Mend, Step
from cardtool.flows.questions import AskNewSitePassword, AskSignIn, ConfirmSignOut, SignInAnswer
from cardtool.flows.rules import site_password_faults
from cardtool.ra.wire import Captcha, Session, UnitInfo
from cardtool.secret import Secret

ASK_AGAIN = (WrongSitePassword, CaptchaWrong, CaptchaExpired, RequestMalformed)


@dataclass
class SignInContext(Context):
    """``site_password`` is kept only from a first sign-in to the change that it forces."""

    site_password: Secret | None = field(default=None, repr=False)

    def forget_secrets(self) -> None:
        super().forget_secrets()
        self.forget_site_password()

    def forget_site_password(self) -> None:
        if self.site_password is not None:
            self.site_password.wipe()
            self.site_password = None


def sign_in(context: SignInContext) -> None:
    """SGN-1. Asks until the RA opens a session; a wrong captcha costs no password attempt."""
    units = context.ra.units()
    unit = _unit(units, context.unit_id)
    error = context.take_trouble()
    fixed = isinstance(error, SessionExpired) and bool(context.account_name)
    while True:
        captcha = context.ra.new_captcha(unit.id) if unit.sign_in.captcha else None
        answer = context.ports.prompts.ask(
            AskSignIn(
                units=units,
                unit=unit.id,
                account=context.account_name,
                captcha=captcha,
                fixed_account=fixed,
                error=error,
            )
        )
        with answer.password:
            asked, unit, error = unit, _unit(units, answer.unit), None
            if not fixed:
                context.unit_id, context.account_name = unit.id, answer.account
            if answer.new_captcha or unit.id != asked.id:
                continue
            try:
                _open_session(context, unit, answer, captcha)
            except ASK_AGAIN as again:
                error = again
            else:
                return


def _open_session(
    context: SignInContext, unit: UnitInfo, answer: SignInAnswer, captcha: Captcha | None
) -> None:
    solved = (captcha.id, answer.captcha) if captcha else None
    session = context.ra.sign_in(unit.id, context.account_name, answer.password, solved)
    if session.must_change_password:
        context.forget_site_password()
        context.site_password = answer.password.copy()
    context.unit, context.session = unit, session


def change_first_password(context: SignInContext) -> None:
    """SGN-2. The unit's rule is checked here before anything is sent."""
    assert context.unit is not None
    assert context.site_password is not None
    error: CardToolError | None = None
    while True:
        new = context.ports.prompts.ask(AskNewSitePassword(rule=context.unit.site_password, error=error))
        with new:
            error = _new_password_fault(context, new)
            if error is not None:
                continue
            try:
                context.ra.change_password(context.site_password, new)
            except RuleBroken as broken:
                error = broken
                continue
        context.forget_site_password()
        context.session = context.ra.current_session()
        return


def _new_password_fault(context: SignInContext, new: Secret) -> RuleBroken | None:
    assert context.unit is not None
    if new == context.site_password:
        return RuleBroken("same")
    faults = site_password_faults(context.unit.site_password, new.text())
    return RuleBroken(faults[0]) if faults else None


def is_signed_in(context: SignInContext) -> bool:
    """Whether the RA still knows a session of this client; learns the unit on the way."""
    if context.session is None:
        context.session = _live_session(context)
    if context.session is not None and context.unit is None:
        context.unit = _unit(context.ra.units(), context.session.unit)
        context.unit_id, context.account_name = context.session.unit, context.session.account
    # A session opened elsewhere that still wants its first password: the old one is needed, so sign in anew.
    if context.session and context.session.must_change_password and context.site_password is None:
        context.session = None
    return context.session is not None


def _live_session(context: SignInContext) -> Session | None:
    if not context.ra.has_session:
        return None
    try:
        session = context.ra.current_session()
    except (SessionExpired, PasswordMustChange, AccountSuspended):
        return None
    wanted = (context.unit_id or session.unit, context.account_name or session.account)
    return session if wanted == (session.unit, session.account) else None


def password_is_settled(context: SignInContext) -> bool:
    return context.session is not None and not context.session.must_change_password


def session_lost(context: SignInContext, error: CardToolError) -> None:
    """The session ran out mid-wizard: give the card back, sign in again, go on in place (spec 2.6)."""
    context.release_card()
    context.session = None
    context.ra.forget_session()
    context.trouble = error


def check_clock(context: Context) -> None:
    """Before anything is begun: the RA refuses statements from another time."""
    require_right_clock(context.ports.clock, context.ra.skew_seconds)


def sign_in_steps() -> tuple[Step[SignInContext], ...]:
    return (
        Step("sign-in", sign_in, is_signed_in),
        Step("first-password", change_first_password, password_is_settled, cancellable=False),
    )


SIGN_IN_AGAIN: Mend[SignInContext] = Mend(SessionExpired, "sign-in", session_lost)

SGN: Flow[SignInContext] = Flow("SGN", sign_in_steps(), (SIGN_IN_AGAIN,))


def confirm_sign_out(context: SignInContext) -> None:
    """OUT-1."""
    assert context.session is not None
    if not context.ports.prompts.ask(ConfirmSignOut(page="OUT-1", account=context.session.account)):
        raise Cancelled


def sign_out(context: SignInContext) -> None:
    """Here the session is over in any case; where the RA could not be told, it ends there by itself."""
    try:
        context.ra.sign_out()
    except SessionExpired:
        return
    finally:
        context.session = None
        context.ra.forget_session()


def is_signed_out(context: SignInContext) -> bool:
    return not is_signed_in(context)


OUT: Flow[SignInContext] = Flow(
    "OUT",
    (
        Step("confirm", confirm_sign_out, is_signed_out),
        Step("sign-out", sign_out, is_signed_out, cancellable=False),
    ),
)


def _unit(units: tuple[UnitInfo, ...], wanted: str) -> UnitInfo:
    """The unit of that name; without a name the first. Raises UnitUnknown."""
    if not wanted and units:
        return units[0]
    for unit in units:
        if unit.id == wanted:
            return unit
    raise UnitUnknown(wanted)
