"""Makes the demo world at first start and keeps it complete at every later one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from server_stub import accounts, personalisation, tries
from server_stub.db.models import Account, Card, Customer, Meta
from server_stub.demo.people import PeopleFile, Person, Scenario, Situation, first_people, new_customer
from server_stub.demo.rows import FRESH, row_of
from server_stub.passwords import hash_password
from server_stub.personaliser import Personaliser
from server_stub.ra import Act, Ra

_AUTHOR = "demo"


@dataclass(frozen=True)
class World:
    """``folder`` holds the people file and the cards' state files; ``command`` starts the personaliser."""

    ra: Ra
    folder: Path
    command: Sequence[str]

    @property
    def file(self) -> PeopleFile:
        return PeopleFile(self.folder / "people.json")

    def complete(self) -> list[Person]:
        """Everyone, with account and personalised card. Raises PersonaliserFailed, BadUnitFile."""
        scenario = Scenario.load()
        people = self._planned(scenario)
        for person in people:
            self._ensure_account(person, scenario.situation(person.situation))
        self._personalise(people, scenario)
        return people

    def state_file(self, person: Person) -> Path:
        return self.folder / "cards" / f"{person.card}.json"

    def _planned(self, scenario: Scenario) -> list[Person]:
        """Known people and, where a unit has too few who may still apply, new ones; written down first."""
        known = self.file.read()
        people = list(known)
        for policy in self.ra.policies.values():
            if not any(person.unit == policy.unit.id for person in people):
                people += first_people(scenario, policy.unit)
            while self._fresh(people, policy.unit.id, new=len(people) - len(known)) < scenario.fresh_at_least:
                people += new_customer(scenario, policy.unit, scenario.situation("fresh"), people)
        if people != known:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.file.write(people)
        return people

    def _fresh(self, people: Sequence[Person], unit: str, new: int) -> int:
        """How many may still apply; the last ``new`` ones are not in the database yet."""
        known, planned = people[: len(people) - new], people[len(people) - new :]
        with self.ra.act(write=False) as act:
            found = [accounts.find(act, unit, person.account) for person in known if person.unit == unit]
            rows = [row_of(act, account) for account in found if account]
        waiting = [person for person in planned if (person.unit, person.situation) == (unit, "fresh")]
        return rows.count(FRESH) + len(waiting)

    def _ensure_account(self, person: Person, situation: Situation) -> None:
        with self.ra.act(write=False) as act:
            if accounts.find(act, person.unit, person.account):
                return
        password_hash = hash_password(person.password)
        with self.ra.act(_AUTHOR) as act:
            account = Account(
                unit=person.unit,
                name=person.account,
                customer_id=_customer(act, person).id,
                password_hash=password_hash,
                must_change_password=situation.must_change_password,
                registration=situation.registration,
            )
            act.db.add(account)
            act.db.merge(Meta(key=password_mark(person), value=password_hash))
            act.db.flush()
            if person.card:
                personalisation.register_blank(act, account, person.card)
            if situation.suspended:
                tries.suspend(act, person.unit, person.account)

    def _personalise(self, people: Sequence[Person], scenario: Scenario) -> None:
        with self.ra.act(write=False) as act:
            rows = act.db.execute(select(Card.label, Card.id).where(Card.status == "blank"))
            blank = {label: card_id for label, card_id in rows}
        waiting = [person for person in people if person.card in blank]
        if not waiting:
            return
        self.state_file(waiting[0]).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with Personaliser(self.command) as personaliser:
            for person in waiting:
                certified = scenario.situation(person.situation).certified
                state_file = self.state_file(person)
                job = personalisation.Blank(blank[person.card], state_file, "piv", person.pin, certified)
                personalisation.make(self.ra, personaliser, job)


def password_mark(person: Person) -> str:
    """Where the hash of the first site password is kept, to see whether somebody changed it."""
    return f"demo-password:{person.unit}/{person.account}"


def _customer(act: Act, person: Person) -> Customer:
    chosen = select(Customer).where(Customer.unit == person.unit, Customer.identifier == person.identifier)
    customer = act.db.scalars(chosen).one_or_none()
    if customer is None:
        customer = Customer(
            unit=person.unit,
            identifier=person.identifier,
            holder=person.holder,
            email=f"{person.identifier.lower()}@example.tw",
            phone="0912-345-678",
        )
        act.db.add(customer)
        act.db.flush()
    return customer
