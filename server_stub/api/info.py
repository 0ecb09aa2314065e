"""Who we are, the units, their terms, and the CA's certificates: public, without sign-in."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter

from server_stub.api.answers import problems
from server_stub.api.calls import TheRa
from server_stub.api.shapes import Language, Shape, Time, UnitId
from server_stub.policy import unit as policy
from server_stub.problems import Code

router = APIRouter(tags=["public"])
_UNKNOWN_UNIT = problems(Code.UNIT_UNKNOWN, Code.MALFORMED)


class Info(Shape):
    name: str
    version: str
    time: Time
    practice: bool
    units: list[str]


class UnitShape(Shape):
    """What a client needs of a unit's policy."""

    id: str
    names: policy.Words
    carrier: str
    sign_in: policy.SignIn
    card_sign_in: bool
    site_password: policy.SitePassword
    card: policy.CardPolicy | None
    validity_years: int
    renewal_opens_days: int
    states: policy.States
    issuing: policy.Issuing
    fee: policy.Fee | None
    terms: str
    support: policy.Support


class Units(Shape):
    units: list[UnitShape]


class Terms(Shape):
    version: str
    sha256: str
    title: str
    text: str


class Chain(Shape):
    certificates: list[str]


@router.get("/info")
def info(ra: TheRa) -> Info:
    with ra.act(write=False) as act:
        now = act.now
    settings = ra.settings
    return Info(
        name=settings.name, version=_version(), time=now, practice=settings.demo, units=list(ra.policies)
    )


@router.get("/units")
def units(ra: TheRa) -> Units:
    return Units(units=[UnitShape.model_validate(policy.unit) for policy in ra.policies.values()])


@router.get("/units/{unit}", responses=_UNKNOWN_UNIT)
def unit(ra: TheRa, unit: UnitId) -> UnitShape:
    return UnitShape.model_validate(ra.policy(unit).unit)


@router.get("/units/{unit}/terms", responses=_UNKNOWN_UNIT)
def terms(ra: TheRa, unit: UnitId, lang: Language = "zh_TW") -> Terms:
    return Terms.model_validate(ra.policy(unit).terms[lang])


@router.get("/ca/chain")
def chain(ra: TheRa) -> Chain:
    """Issuing CA first, root last."""
    return Chain(certificates=[link.public_bytes(Encoding.PEM).decode() for link in ra.authority.chain])


def _version() -> str:
    try:
        return version("cardtool")
    except PackageNotFoundError:  # run from a source tree that was not installed
        return "0"
