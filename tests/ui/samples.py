"""What pages show in tests and shots: people, cards, certificates, questions."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from captcha.image import ImageCaptcha
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cardtool.cards.overview import CardOverview
from cardtool.cards.pin import PinStatus
from cardtool.cards.piv.types import Slot
from cardtool.cards.reading import certificate_on_card
from cardtool.errors import CardHeld, CardToolError, NoCard
from cardtool.flows.ports import Act
from cardtool.flows.questions import (
    AcceptTerms,
    AskNewSitePassword,
    AskPin,
    AskSignIn,
    CardChoice,
    ChooseCard,
    ChooseCertificate,
    ConfirmSignOut,
)
from cardtool.flows.results import Applied, SignatureProof
from cardtool.pki.certificate import describe
from cardtool.ra.wire import (
    Account,
    Captcha,
    CardPolicy,
    Carrier,
    IdentifierKind,
    LocalText,
    Registration,
    Session,
    SignIn,
    SitePasswordRule,
    Support,
    Terms,
    TermsManner,
    UnitInfo,
)
from cardtool.report import Facts, Report
from cardtool.ui import home_view
from cardtool.ui.home_state import CardIs, CertificateIs, HomeState

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
READER = "ACS ACR38U 00 00"


def wav() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 800)
    return target.getvalue()


@cache
def certificate_der(holder: str = "範例用戶") -> bytes:
    key = ec.derive_private_key(0x1234567, ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "TW"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "金融資訊交換"),
            x509.NameAttribute(NameOID.COMMON_NAME, holder),
        ]
    )
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示範註冊中心 PRACTICE CA 1")])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(0x4F219C07A1B2C3D4E5F60718293A4B5C)
        .not_valid_before(NOW - timedelta(days=706))
        .not_valid_after(NOW + timedelta(days=24, hours=3))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.DER)


def card(reader: str = READER, *, tries: int | None = 3, holder: str = "範例用戶") -> CardOverview:
    held = certificate_on_card(Slot.AUTHENTICATION, certificate_der(holder))
    return CardOverview(
        reader=reader, kind="piv", certificates=(held,), pin=PinStatus(verified=False, tries_left=tries)
    )


def blank_card(reader: str = READER) -> CardOverview:
    return CardOverview(reader=reader, kind="piv", pin=PinStatus(verified=False, tries_left=3))


RULE = SitePasswordRule(
    minimum=8, maximum=20, letter=True, upper=False, lower=False, digit=True, symbols=False
)
POLICY = CardPolicy(key_algorithm="RSA-2048", slots=("9A", "9C"), pin_minimum=6, pin_maximum=8, pin_tries=3)


def unit(ident: str = "exchange", zh: str = "金融資訊交換", en: str = "Financial exchange") -> UnitInfo:
    return UnitInfo(
        id=ident,
        names=LocalText(zh, en),
        carrier=Carrier.CARD,
        sign_in=SignIn(captcha=True, identifier=IdentifierKind.ACCOUNT),
        site_password=RULE,
        card=POLICY,
        validity_years=2,
        renewal_opens_days=30,
        terms=TermsManner.TICK,
        support=Support("02-1234-5678", LocalText("週一至週五 08:30–17:00", "Monday to Friday, 08:30–17:00")),
    )


UNITS = (unit(), unit("general", "一般機構", "General institutions"))
ACCOUNT = Account(
    account="demo-fresh",
    unit="exchange",
    identifier="A1234567-0001",
    holder="範例用戶",
    email="sample@example.com",
    phone="0912-345-678",
    registration=Registration.APPROVED,
    suspended=False,
    cards=(),
)
TERMS_TEXT = "\n\n".join(
    ["## 用戶約定條款"]
    + [
        f"{n}. 用戶應妥善保管晶片卡與密碼，不得交付他人使用。憑證僅限於約定之用途，若卡片遺失或密碼外洩，"
        "應立即通知註冊中心辦理暫禁或註銷。 The subscriber keeps card and PIN safe and reports a loss at once."
        for n in range(1, 13)
    ]
)
TERMS = Terms(version="2026-01", sha256="0" * 64, title="用戶約定條款", text=TERMS_TEXT)


def captcha() -> Captcha:
    png = ImageCaptcha(width=200, height=70).generate("48213").getvalue()
    return Captcha(id="c1", image_png=png, audio_wav=wav(), expires_at=NOW + timedelta(minutes=5))


def ask_sign_in(error: CardToolError | None = None) -> AskSignIn:
    return AskSignIn(units=UNITS, unit="exchange", account="", captcha=captcha(), error=error)


def ask_new_password(error: CardToolError | None = None) -> AskNewSitePassword:
    return AskNewSitePassword(rule=RULE, error=error)


def accept_terms() -> AcceptTerms:
    return AcceptTerms(account=ACCOUNT, unit=unit(), terms=TERMS)


def choose_card(page: str = "APC-2") -> ChooseCard:
    return ChooseCard(
        page=page,
        choices=(
            CardChoice(card()),
            CardChoice(blank_card("Generic USB Smart Card Reader 01")),
            CardChoice(
                CardOverview(reader="Gemalto PC Twin Reader", kind="held"),
                CardHeld(reader="Gemalto PC Twin Reader", holder="Firefox"),
            ),
        ),
    )


def insert_card(page: str = "APC-2") -> ChooseCard:
    empty = CardOverview(reader=READER, kind="empty")
    return ChooseCard(page=page, choices=(CardChoice(empty, NoCard(READER)),))


def ask_pin(
    page: str = "APC-3", *, tries: int | None = 3, error: CardToolError | None = None, pad: bool = False
) -> AskPin:
    return AskPin(page=page, card=card(tries=tries), tries_left=tries, policy=POLICY, error=error, pad=pad)


def choose_certificate() -> ChooseCertificate:
    other = certificate_on_card(Slot.SIGNATURE, certificate_der("範例用戶第二張"))
    both = (*card().certificates, other)
    return ChooseCertificate(card=card(), certificates=both)


def sign_out() -> ConfirmSignOut:
    return ConfirmSignOut(account="demo-fresh")


ACTS = tuple(
    Act(name, "APC-4", usual)
    for name, usual in (
        ("authorise-card", (1.0, 3.0)),
        ("create-key", (8.0, 20.0)),
        ("send-request", (0.5, 2.0)),
        ("write", (0.5, 3.0)),
        ("prove", (0.5, 2.0)),
    )
)

SESSION = Session("demo-fresh", "exchange", NOW + timedelta(minutes=30), must_change_password=False)


def applied() -> Applied:
    return Applied(
        certificate=describe(certificate_der()),
        der=certificate_der(),
        card_id="00" * 16,
        slot="9A",
        order="o1",
        resumed=False,
    )


def proof() -> SignatureProof:
    message = b"CardTool signature test 0123456789abcdef0123456789abcdef"
    return SignatureProof(describe(certificate_der()), Slot.AUTHENTICATION, message, b"\x30" * 70, 0.41)


LIGHT = home_view.Light
CARD_LAMPS = {CardIs.ABSENT: (LIGHT.OFF, "card_none"), CardIs.HELD: (LIGHT.CAUTION, "card_held")}


def lamps(state: HomeState) -> tuple[home_view.Lamp, ...]:
    light, words = CARD_LAMPS.get(state.card, (LIGHT.GOOD, "card_in"))
    return (
        home_view.Lamp("reader", LIGHT.GOOD, "reader_none", {"name": "ACS ACR38U 0"}),
        home_view.Lamp("card", light, words),
        home_view.Lamp("ra", LIGHT.GOOD, "ra_up"),
        home_view.Lamp("network", LIGHT.GOOD, "network_up"),
    )


def face() -> home_view.CardFace:
    life = home_view.Validity(
        NOW - timedelta(days=706), NOW + timedelta(days=24, hours=3), NOW - timedelta(days=6)
    )
    return home_view.CardFace("範例用戶", "示範註冊中心", "簽章憑證", "4F21 9C07", life, 3, 3, "ACS ACR38U 0")


def remembered_face() -> home_view.CardFace:
    return replace(face(), as_last_seen=True, tries_left=None)


BLANK = home_view.CardFace(tries_left=3, tries=3, reader="ACS ACR38U 0")
"""A card without a certificate."""


def view(state: HomeState | None = None, *, with_card: bool = True) -> home_view.HomeView:
    state = state or HomeState(certificate=CertificateIs.VALID, renewal_open=True)
    shown = face() if state.certificate is CertificateIs.VALID else BLANK
    return home_view.HomeView(
        state=state,
        now=NOW,
        unit={"zh_TW": "金融資訊交換", "en": "Financial exchange"},
        account="demo-fresh",
        card=shown if with_card else None,
        lamps=lamps(state),
        notices=("12 月 6 日 22:00 至 24:00 系統維護，期間無法線上展期。",),
        support=home_view.Support(
            "02-1234-5678", {"zh_TW": "週一至週五 08:30–17:00", "en": "Monday to Friday, 08:30–17:00"}
        ),
    )


REPORT_FILE = Path("Documents") / "CardTool report.txt"


def report() -> Report:
    lines = (
        "2026-11-20T03:12:07.120Z INFO cardtool.flows.engine step-done flow=APC step=authorise",
        "2026-11-20T03:12:19.870Z WARNING cardtool.flows.engine flow-failed flow=APC code=C101",
    )
    facts = Facts("APC-4", "C101", "Windows", "0.1", "zh_TW", practice=True)
    return Report(facts, NOW, "11 AMD64", lines)
