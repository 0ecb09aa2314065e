"""Who the made-up customers are. Their passwords and PINs are practice data, the one exception to custody."""

from __future__ import annotations

import json
import secrets
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

import resources
from server_stub.custody.private_file import read_private, write_private
from server_stub.policy.load import BadUnitFile
from server_stub.policy.password import breach_of
from server_stub.policy.unit import Unit

_SCENARIO = Path(resources.__file__).parent / "demo.toml"


class Situation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    customers: int = 1
    all_cards: bool = False
    registration: str = "approved"
    must_change_password: bool = False
    suspended: bool = False
    certified: bool = False


class Scenario(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    fresh_at_least: int
    holders: tuple[str, ...] = Field(min_length=1)
    situations: tuple[Situation, ...] = Field(min_length=1)

    @classmethod
    def load(cls) -> Scenario:
        return cls.model_validate(tomllib.loads(_SCENARIO.read_text("utf-8")))

    def situation(self, name: str) -> Situation:
        return next(situation for situation in self.situations if situation.name == name)


@dataclass(frozen=True)
class Person:
    """One account of a made-up customer. ``card`` and ``pin`` are empty where the unit has no cards."""

    unit: str
    account: str
    password: str
    identifier: str
    holder: str
    situation: str
    card: str
    pin: str


class PeopleFile:
    """Remembers everyone, from before they are in the database: a cut start is taken up where it was."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Person]:
        if not self._path.exists():
            return []
        return [Person(**row) for row in json.loads(read_private(self._path))]

    def write(self, people: Iterable[Person]) -> None:
        rows = [asdict(person) for person in people]
        write_private(self._path, json.dumps(rows, ensure_ascii=False, indent=1).encode())


def first_people(scenario: Scenario, unit: Unit) -> list[Person]:
    """The unit's first customers."""
    people: list[Person] = []
    for situation in scenario.situations:
        for _ in range(situation.customers):
            people += new_customer(scenario, unit, situation, people)
    return people


def new_customer(
    scenario: Scenario, unit: Unit, situation: Situation, there: Sequence[Person]
) -> list[Person]:
    """One more customer of the unit, with one account per card of the registration."""
    accounts = [person.account for person in there if person.unit == unit.id]
    customers = {person.identifier for person in there if person.unit == unit.id}
    number = len(customers) + 1
    count = unit.cards_per_registration if situation.all_cards else 1
    return [
        _person(
            unit,
            situation,
            account_number=len(accounts) + index,
            identifier=f"{unit.id.upper()[:8]}{number:06d}",
            holder=scenario.holders[(number - 1) % len(scenario.holders)],
        )
        for index in range(1, count + 1)
    ]


def _person(unit: Unit, situation: Situation, *, account_number: int, identifier: str, holder: str) -> Person:
    account = f"{unit.id}{account_number:02d}"
    return Person(
        unit=unit.id,
        account=account,
        password=_password(unit, account_number),
        identifier=identifier,
        holder=holder,
        situation=situation.name,
        card=f"{account}-card" if unit.card else "",
        pin=_pin(unit.card.pin_minimum) if unit.card else "",
    )


def _password(unit: Unit, number: int) -> str:
    """Fits the unit's rule and can be typed without a sigh."""
    rule = unit.site_password
    password = f"Practice{number:0{max(2, rule.minimum - 8)}d}"[-rule.maximum :]
    if breach_of(rule, password, old=""):
        raise BadUnitFile(f"{unit.id}: no demo password fits its rule for site passwords")
    return password


def _pin(length: int) -> str:
    """Random digits, but none that a client would refuse as guessable."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(length))
        if len(set(pin)) >= 4 and pin not in "01234567890" and pin not in "09876543210":
            return pin
