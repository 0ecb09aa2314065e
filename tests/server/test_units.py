"""Units are data: a unit that exists only as a file works like any other, and a wrong file is named."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient

from server_stub.app import create_app
from server_stub.policy.load import BUNDLED, BadUnitFile, load_policies
from server_stub.policy.password import breach_of
from server_stub.policy.unit import SitePassword
from server_stub.settings import Settings
from tests.server.world import ORIGIN, PASSWORD, World, ra_of

REPOSITORY = Path(__file__).parents[2]
INVENTED = """
id = "harbour"
carrier = "card"
validity_years = 1
renewal_opens_days = 10
order_days = 3
terms = "agree"
terms_version = "7"
suspension_after = 5
first_sign_in_change = false
sign_in_again_after_change = true
[names]
zh_TW = "港務"
en = "Harbour office"
[sign_in]
identifier = "account"
captcha = false
[site_password]
minimum = 6
maximum = 30
upper = true
lower = true
digit = true
[card]
key_algorithm = "P-256"
slots = ["9C"]
pin_minimum = 6
pin_maximum = 8
pin_tries = 3
[subject]
country = "TW"
organisation = "Harbour"
[support]
phone = "1"
[support.hours]
zh_TW = "週一"
en = "Monday"
"""
FEE = """[fee]
amount = 60
kinds = ["renew"]
accounts = ["passbook", "giro"]"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "units"
    (folder / "harbour").mkdir(parents=True)
    (folder / "harbour.toml").write_text(INVENTED, "utf-8")
    for language in ("zh_TW", "en"):
        (folder / "harbour" / f"terms.{language}.md").write_text(f"# Terms {language}\n\nText", "utf-8")
    return folder


def test_an_invented_unit_issues_certificates_by_its_own_rules(settings: Settings, folder: Path) -> None:
    with TestClient(create_app(replace(settings, extra_units=(folder,))), base_url=ORIGIN) as client:
        world = World(client, ra_of(client))
        assert client.get("/api/v1/info").json()["units"] == ["exchange", "harbour"]
        person = world.customer("dock", unit="harbour")
        wrong = [world.try_sign_in("dock", "Wrong1234", "harbour", captcha=None).json() for _ in range(2)]
        assert [answer["attempts_left"] for answer in wrong] == [4, 3]
        assert world.try_sign_in("dock", PASSWORD, "harbour", captcha=None).status_code == 201
        caller = world.sign_in(person)
        caller.card.signing_key = ec.generate_private_key(ec.SECP256R1())
        issued = caller.issue()
        assert (issued["slot_hint"], issued["key_algorithm"]) == ("9C", "P-256")
        certificate = x509.load_pem_x509_certificate(issued["certificate"].encode())
        assert "O=Harbour" in certificate.subject.rfc4514_string()
        lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert lasts + timedelta(seconds=1) in (timedelta(days=365), timedelta(days=366))
        assert caller.stored(issued["id"], issued["certificate"]).status_code == 200
        assert caller.put("/account/password", {"old": PASSWORD, "new": "N3wword"}).status_code == 204
        assert caller.get("/account").json()["code"] == "R206", "this unit wants a new sign-in"


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("validity_years = 1", "validity_years = 0", "validity_years"),
        ("validity_years = 1", "", "validity_years"),
        ('carrier = "card"', 'carrier = "file"', "carrier"),
        ('carrier = "card"', 'carrier = "card"\ncard_sign_in = "often"', "card_sign_in"),
        ('slots = ["9C"]', 'slots = ["9E"]', "slots"),
        ("minimum = 6", "minimum = 40", "minimum is above maximum"),
        ('id = "harbour"', 'id = "exchange"', "exists already"),
        ('id = "harbour"', 'id = "Harbour"', "id"),
        ("captcha = false", "captcha = false\ncaptca = true", "captca"),
        ("captcha = false", "captcha = ", "line"),
        ('terms = "agree"', 'terms = "shout"', "terms"),
        ("[names]", "[fee]\namount = 0\n[names]", "fee.amount"),
        ("[names]", f"{FEE}\ncurrency = 'EUR'\n[names]", "fee.currency"),
        ("[names]", f"{FEE}\nabandoned = 'credit'\n[names]", "credit_days is needed"),
        ("[names]", f"{FEE}\ncredit_days = 9\n[names]", "credit_days is needed"),
        ("[names]", FEE.replace("giro", "gold") + "\n[names]", "fee.accounts"),
    ],
)
def test_a_mistake_in_a_file_is_named(folder: Path, line: str, instead: str, said: str) -> None:
    path = folder / "harbour.toml"
    path.write_text(INVENTED.replace(line, instead, 1), "utf-8")
    shutil.copytree(folder / "harbour", folder / "exchange")
    with pytest.raises(BadUnitFile) as wrong:
        load_policies([BUNDLED, folder])
    assert "harbour.toml" in str(wrong.value)
    assert said in str(wrong.value)


@pytest.mark.parametrize("damage", ["missing", "untitled"])
def test_terms_must_be_there_with_a_title(folder: Path, damage: str) -> None:
    terms = folder / "harbour" / "terms.en.md"
    terms.write_text("no title", "utf-8") if damage == "untitled" else terms.unlink()
    with pytest.raises(BadUnitFile, match=r"terms\.en\.md"):
        load_policies([folder])


def test_no_unit_is_named_in_code() -> None:
    names = [path.stem for path in BUNDLED.glob("*.toml")]
    assert names
    for path in (REPOSITORY / "server_stub").rglob("*.py"):
        text = path.read_text("utf-8")
        assert not any(f'"{name}"' in text for name in names), path.name


def test_a_unit_shows_what_a_client_needs_and_no_more(client: TestClient) -> None:
    unit = client.get("/api/v1/units/exchange").json()
    assert [unit] == client.get("/api/v1/units").json()["units"]
    assert set(unit) == {
        "id",
        "names",
        "carrier",
        "sign_in",
        "card_sign_in",
        "site_password",
        "card",
        "validity_years",
        "renewal_opens_days",
        "states",
        "issuing",
        "fee",
        "terms",
        "support",
    }
    assert client.get("/api/v1/units/nowhere").json()["code"] == "R107"
    assert client.get("/api/v1/units/exchange/terms?lang=fr").json()["code"] == "R108"


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (SitePassword(minimum=6, maximum=20, upper=True, lower=True, digit=True), "Abcde1!", "abcde1"),
        (SitePassword(minimum=4, maximum=8), "!!!!", "!!!"),
        (SitePassword(minimum=4, maximum=8, letter=True, symbols=False), "abcd", "ab-cd"),
    ],
)
def test_password_rules(rule: SitePassword, good: str, bad: str) -> None:
    assert breach_of(rule, good, old="") is None
    assert breach_of(rule, bad, old="") is not None
