"""``cardtool account``: sign in, see the registration data, change the site password, sign out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from cardtool.cli.job import Job
from cardtool.cli.output import WARNINGS, Json
from cardtool.errors import NotBuiltYet, RaError
from cardtool.flows.engine import run
from cardtool.flows.sign_in import OUT, SGN, SignInContext
from cardtool.flows.site_password import PWS


def account(job: Job) -> Json:
    return ACCOUNT_ACTIONS[job.options.action](job)


def _signed_in(job: Job) -> SignInContext:
    context = SignInContext(job.ports(ra=True), job.world.unit, job.account)
    run(SGN, context)
    return context


def _sign_in(job: Job) -> Json:
    context = _signed_in(job)
    kept = job.world.keep_session()
    assert context.session is not None
    answer: Json = {"account": context.session.account, "unit": context.session.unit, "kept": kept}
    job.facts({**answer, "kept": job.world.words.text("cli.yes" if kept else "cli.no")})
    return answer if kept else {**answer, WARNINGS: ["session_not_kept"]}


def _data(job: Job) -> Json:
    context = _signed_in(job)
    found = context.ra.account()
    answer: Json = {name: value for name, value in asdict(found).items() if name not in ("cards",)} | {
        "cards": [asdict(card) for card in found.cards]
    }
    shown = ("account", "unit", "identifier", "holder", "email", "phone", "registration")
    job.facts({name: answer[name] for name in shown})
    job.world.keep_session()
    return answer


def _password(job: Job) -> Json:
    context = SignInContext(job.ports(ra=True), job.world.unit, job.account)
    run(PWS, context)
    job.world.keep_session()
    answer: Json = {"account": context.account_name, "changed": True}
    job.facts(answer)
    return answer


def _sign_out(job: Job) -> Json:
    """Where the RA cannot be told, the session is forgotten here all the same; there it ends by itself."""
    try:
        run(OUT, SignInContext(job.ports(ra=True), job.world.unit, job.account))
    except RaError:
        job.world.drop_session()
        raise
    job.world.drop_session()
    return {"signed_out": True}


def _sign_in_card(_job: Job) -> Json:
    raise NotBuiltYet("account sign-in-card")


ACCOUNT_ACTIONS: dict[str, Callable[[Job], Json]] = {
    "sign-in": _sign_in,
    "sign-in-card": _sign_in_card,
    "password": _password,
    "data": _data,
    "sign-out": _sign_out,
}
