"""PWS: change the site password. The RA counts a wrong old password as it counts one at sign-in."""

from __future__ import annotations

from cardtool.errors import CardToolError, SitePasswordRule, WrongSitePassword
from cardtool.flows.engine import Flow, Step
from cardtool.flows.questions import AskSitePasswordChange, SitePasswordChange
from cardtool.flows.rules import site_password_faults
from cardtool.flows.sign_in import SIGN_IN_AGAIN, SignInContext, sign_in_steps
from cardtool.ra.wire import SitePasswordRule as Rule


def change_site_password(context: SignInContext) -> None:
    assert context.unit is not None
    rule = context.unit.site_password
    error = context.take_trouble()
    while True:
        answer = context.ports.prompts.ask(AskSitePasswordChange(rule=rule, error=error))
        with answer.old, answer.new:
            error = _fault(rule, answer) or _change(context, answer)
        if error is None:
            return


def _change(context: SignInContext, answer: SitePasswordChange) -> CardToolError | None:
    try:
        context.ra.change_password(answer.old, answer.new)
    except (WrongSitePassword, SitePasswordRule) as error:
        return error
    return None


def _fault(rule: Rule, answer: SitePasswordChange) -> CardToolError | None:
    """Checked before anything is sent: a wrong value here must not cost an attempt."""
    if answer.new == answer.old:
        return SitePasswordRule("same")
    faults = site_password_faults(rule, answer.new.text())
    return SitePasswordRule(faults[0]) if faults else None


PWS: Flow[SignInContext] = Flow(
    "PWS", (*sign_in_steps(), Step("change", change_site_password)), (SIGN_IN_AGAIN,)
)
