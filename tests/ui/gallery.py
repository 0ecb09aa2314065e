"""Every page with something to show on it, by a name: for shots, and for checks that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cardtool.config import Settings
from cardtool.errors import (
    BackstageEnded,
    BankUnreachable,
    CaptchaWrong,
    CardCannotAttest,
    CardRemoved,
    CardSignInRefused,
    CardToolError,
    FeeRefused,
    OrderConflict,
    RaUnreachable,
    RequestRefused,
    WrongPin,
    WrongSitePassword,
)
from cardtool.flows.ports import PinOnReader
from cardtool.ui.context import Context
from cardtool.ui.home_state import AccountIs, CardIs, CertificateIs, HomeState
from cardtool.ui.home_view import HomeView
from cardtool.ui.main_window import MainWindow
from cardtool.ui.page import Page
from cardtool.ui.pages.failure import FailurePage
from cardtool.ui.pages.help import HelpPage
from cardtool.ui.pages.not_built import NotBuiltPage
from cardtool.ui.pages.registry import QUESTION_PAGES, RESULT_PAGES
from cardtool.ui.pages.report import ReportPage, ReportSavedPage
from cardtool.ui.pages.settings import SettingsPage
from cardtool.ui.pages.working import WorkingPage
from cardtool.ui.road import Road
from tests.ui import samples


def _question(make: Callable[[], Any]) -> Callable[[Context], Page]:
    def build(context: Context) -> Page:
        question = make()
        return QUESTION_PAGES[type(question)](context, question)

    return build


def _pin_wrong(context: Context) -> Page:
    page = _question(lambda: samples.ask_pin(tries=2))(context)
    page.ask(samples.ask_pin(tries=2, error=WrongPin(2)))
    return page


def _typing_on_reader(context: Context) -> Page:
    page = _question(lambda: samples.ask_pin(pad=True))(context)
    page.pin_on_reader(PinOnReader(2, 3))
    return page


def _typing_password(context: Context) -> Page:
    page = _question(samples.ask_new_password)(context)
    page.entry.line.setText("abcdefg")
    page.repeated.line.setText("abc")
    return page


def _working(context: Context) -> Page:
    page = WorkingPage(context, "APC-4", samples.ACTS)
    page.act_started(samples.ACTS[0])
    page.act_finished(samples.ACTS[0], skipped=False)
    page.act_started(samples.ACTS[1])
    page.acts.rows["create-key"].tell_elapsed(9.0)
    return page


def _failure(error: CardToolError, code: str) -> Callable[[Context], Page]:
    return lambda context: FailurePage(context, code, error, samples.view().support, retry=True)


PAGES: dict[str, tuple[str, Callable[[Context], Page]]] = {
    "sgn-1": ("SGN", _question(samples.ask_sign_in)),
    "sgn-1-wrong": ("SGN", _question(lambda: samples.ask_sign_in(WrongSitePassword(2)))),
    "sgn-1-captcha": ("SGN", _question(lambda: samples.ask_sign_in(CaptchaWrong()))),
    "sgn-2": ("SGN", _typing_password),
    "sgn-3": ("SGN", lambda context: RESULT_PAGES["SGN"](context, samples.SESSION)),
    "crd-1": ("CRD", _question(lambda: samples.choose_card("CRD-1"))),
    "crd-2": ("CRD", _question(lambda: samples.ask_pin("CRD-2"))),
    "crd-3": ("CRD", lambda context: RESULT_PAGES["CRD"](context, samples.card())),
    "crd-3-empty": ("CRD", lambda context: RESULT_PAGES["CRD"](context, samples.blank_card())),
    "apc-1": ("APC", _question(samples.accept_terms)),
    "apc-2": ("APC", _question(samples.choose_card)),
    "apc-2-insert": ("APC", _question(samples.insert_card)),
    "apc-3": ("APC", _question(samples.ask_pin)),
    "apc-3-wrong": ("APC", _pin_wrong),
    "apc-3-last": ("APC", _question(lambda: samples.ask_pin(tries=1, error=WrongPin(1)))),
    "apc-3-pad": ("APC", _question(lambda: samples.ask_pin(pad=True))),
    "apc-3-pad-now": ("APC", _typing_on_reader),
    "apc-4": ("APC", _working),
    "apc-4-failed": ("APC", _failure(CardRemoved(), "APC-4")),
    "apc-6": ("APC", lambda context: RESULT_PAGES["APC"](context, samples.applied())),
    "sig-1": ("SIG", _question(samples.choose_certificate)),
    "sig-3": ("SIG", lambda context: RESULT_PAGES["SIG"](context, samples.proof())),
    "out-1": ("OUT", _question(samples.sign_out)),
    "out-done": ("OUT", lambda context: RESULT_PAGES["OUT"](context, None)),
    "set-1": (
        "",
        lambda context: SettingsPage(context, Settings(ra_url="https://ra.example"), ["ACS ACR38U"]),
    ),
    "hlp-1": ("", lambda context: HelpPage(context, "HOME", samples.view().support, can_practise=True)),
    "rpt-1": ("", lambda context: ReportPage(context, samples.report())),
    "rpt-2": ("", lambda context: ReportSavedPage(context, samples.report(), samples.REPORT_FILE)),
    "nyb-1": ("", lambda context: NotBuiltPage(context, "RNC")),
    "no-ra": ("SGN", _failure(RaUnreachable(), "SGN-1")),
    "no-ra-proxy": ("SGN", _failure(RaUnreachable("proxy"), "SGN-1")),
    "backstage-ended": ("APC", _failure(BackstageEnded(), "APC-4")),
    "cannot-attest": ("APC", _failure(CardCannotAttest(), "APC-4")),
    "attestation-refused": ("APC", _failure(RequestRefused("attestation"), "APC-4")),
    "fee-due": ("APC", _failure(OrderConflict("fee-due"), "APC-4")),
    "fee-refused": ("APC", _failure(FeeRefused("funds"), "APC-4")),
    "no-bank": ("APC", _failure(BankUnreachable(), "APC-4")),
    "card-sign-in-refused": ("SGN", _failure(CardSignInRefused(), "SGN-1")),
}

HOMES: dict[str, HomeView] = {
    "home-renew": samples.view(HomeState(certificate=CertificateIs.VALID, renewal_open=True)),
    "home-no-card": samples.view(HomeState(cards=0, card=CardIs.ABSENT), with_card=False),
    "home-apply": samples.view(HomeState(registered=True, account=AccountIs.SIGNED_IN)),
    "home-held": samples.view(HomeState(card=CardIs.HELD), with_card=False),
    "home-reading": replace(samples.view(with_card=False), reading=True),
    "home-as-last-seen": replace(samples.view(), card=samples.remembered_face()),
}


def show(window: MainWindow, name: str) -> None:
    """Put the page of that name into the window."""
    if name in HOMES:
        window.home.show_view(HOMES[name])
        window.stack.setCurrentWidget(window.home)
        return
    wizard, build = PAGES[name]
    page = build(window.context)
    road = Road.of(wizard)
    if wizard:
        road.reach(page.code)
    window.host.show_page(page, road)
    window.stack.setCurrentWidget(window.host)


NAMES = (*HOMES, *PAGES)
