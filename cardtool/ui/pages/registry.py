"""Which page shows which question, and which page tells of which wizard's result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardtool.flows.ports import Question
from cardtool.flows.questions import (
    AcceptTerms,
    AskNewSitePassword,
    AskPin,
    AskSignIn,
    ChooseCard,
    ChooseCertificate,
    ConfirmSignOut,
)
from cardtool.ui.page import QuestionPage
from cardtool.ui.pages.accept_terms import AcceptTermsPage
from cardtool.ui.pages.choose_card import ChooseCardPage
from cardtool.ui.pages.choose_certificate import ChooseCertificatePage
from cardtool.ui.pages.new_password import NewPasswordPage
from cardtool.ui.pages.overview import OverviewPage
from cardtool.ui.pages.pin import PinPage
from cardtool.ui.pages.results import (
    AppliedPage,
    ResultPage,
    SignatureProvenPage,
    SignedInPage,
    SignedOutPage,
)
from cardtool.ui.pages.sign_in import SignInPage
from cardtool.ui.pages.sign_out import SignOutPage

QUESTION_PAGES: Mapping[type[Question[Any]], type[QuestionPage]] = {
    AskSignIn: SignInPage,
    AskNewSitePassword: NewPasswordPage,
    AcceptTerms: AcceptTermsPage,
    ChooseCard: ChooseCardPage,
    AskPin: PinPage,
    ChooseCertificate: ChooseCertificatePage,
    ConfirmSignOut: SignOutPage,
}

RESULT_PAGES: Mapping[str, type[ResultPage]] = {
    "SGN": SignedInPage,
    "CRD": OverviewPage,
    "APC": AppliedPage,
    "SIG": SignatureProvenPage,
    "OUT": SignedOutPage,
}
