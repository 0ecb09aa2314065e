"""What an RA tells, for questions that no RA is needed for."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from PIL import Image

from cardtool.ra.wire import Account, Captcha, SitePasswordRule, Terms, UnitInfo
from cardtool.ra.wire.people import Registration
from cardtool.ra.wire.policy import Carrier, IdentifierKind, LocalText, SignIn, Support, TermsManner

RULE = SitePasswordRule(8, 20, letter=True, upper=False, lower=False, digit=True, symbols=False)


def unit(name: str) -> UnitInfo:
    return UnitInfo(
        id=name,
        names=LocalText(name, name),
        carrier=Carrier.CARD,
        sign_in=SignIn(captcha=False, identifier=IdentifierKind.ACCOUNT),
        site_password=RULE,
        card=None,
        validity_years=1,
        renewal_opens_days=30,
        terms=TermsManner.TICK,
        support=Support("0", LocalText("", "")),
    )


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (250, 250, 250)).save(out, "PNG")
    return out.getvalue()


UNIT, *_ = UNITS = (unit("one"), unit("two"))
CAPTCHA = Captcha("c1", picture(160, 60), b"RIFF", datetime(2030, 1, 1, tzinfo=UTC))
TERMS = Terms("1", "0" * 64, "Terms", "# Terms\n\nBe good.")
ACCOUNT = Account(
    account="A1",
    unit="one",
    identifier="ID-1",
    holder="王小明",
    email="a@example.tw",
    phone="",
    registration=Registration.APPROVED,
    suspended=False,
    cards=(),
)
