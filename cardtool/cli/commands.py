"""The commands. Each runs a flow (or only looks) and answers facts; words and JSON are made at the edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from rich.console import Console

from cardtool.cards.explain import decode_command, decode_response, is_write
from cardtool.cards.overview import CardOverview
from cardtool.cards.piv.types import Slot
from cardtool.cli.answers import AnswersPrompts
from cardtool.cli.options import Options
from cardtool.cli.output import Json, print_facts
from cardtool.cli.words import card_line, certificate_line
from cardtool.cli.world import World
from cardtool.errors import ArgumentInvalid, CommandRefused, NotBuiltYet
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.context import Ports
from cardtool.flows.engine import run
from cardtool.flows.ports import Cancel, Progress, Prompts
from cardtool.flows.sign_in import OUT, SGN, SignInContext
from cardtool.flows.signature_test import SIG, SignatureTestContext
from cardtool.flows.site_password import PWS
from cardtool.pki.certificate import CertificateSummary, describe


@dataclass(frozen=True)
class Job:
    """One command with all it needs. ``console`` is standard error with --json, else standard output."""

    options: Options
    world: World
    prompts: Prompts
    progress: Progress
    cancel: Cancel
    console: Console

    def ports(self, *, ra: bool) -> Ports:
        world = self.world
        return Ports(
            prompts=self.prompts,
            progress=self.progress,
            cancel=self.cancel,
            clock=world.clock,
            desk=world.desk,
            journal=world.journal,
            ra=world.ra if ra else None,
            anchors=world.anchors if ra else None,
        )

    def facts(self, facts: dict[str, object]) -> None:
        if not self.options.json:
            print_facts(self.console, self.world.words, facts)


def cards(job: Job) -> Json:
    found = job.world.desk.survey()
    if not job.options.json:
        for card in found:
            job.console.print(card_line(job.world.words, card), highlight=False)
            for held in card.certificates:
                line = certificate_line(job.world.words, held.der)
                job.console.print(f"  {held.slot.label}  {line}", highlight=False)
        if not found:
            job.console.print(job.world.words.text("cli.no_reader"))
    return {"readers": [_card_json(card) for card in found]}


def _card_json(card: CardOverview) -> Json:
    return {
        "reader": card.reader,
        "kind": card.kind,
        "atr": card.atr.hex() if card.atr else None,
        "serial": card.serial,
        "guid": card.guid,
        "tries_left": card.pin.tries_left if card.pin else None,
        "certificates": [
            {"slot": held.slot.label, **_certificate_json(describe(held.der))} for held in card.certificates
        ],
    }


def _certificate_json(found: CertificateSummary) -> Json:
    return {
        "subject": found.subject,
        "issuer": found.issuer,
        "serial": found.serial_hex,
        "serial_decimal": found.serial_decimal,
        "not_before": f"{found.not_before:%Y-%m-%dT%H:%M:%SZ}",
        "not_after": f"{found.not_after:%Y-%m-%dT%H:%M:%SZ}",
        "key": found.key_algorithm,
    }


def apply(job: Job) -> Json:
    context = ApplyContext(job.ports(ra=True), job.options.unit, job.options.account, job.options.reader)
    run(APC, context)
    job.world.keep_session()
    done = context.outcome
    assert done is not None
    answer: Json = {**_certificate_json(done.certificate), "slot": done.slot, "card_id": done.card_id}
    answer |= {"order": done.order, "resumed": done.resumed}
    shown = ("subject", "serial", "valid_from", "valid_until", "slot")
    facts = {**answer, "valid_from": answer["not_before"], "valid_until": answer["not_after"]}
    job.facts({name: facts[name] for name in shown})
    return answer


def sign_test(job: Job) -> Json:
    slot = Slot.from_label(job.options.slot) if job.options.slot else None
    context = SignatureTestContext(job.ports(ra=False), reader=job.options.reader, slot=slot)
    run(SIG, context)
    proof = context.outcome
    assert proof is not None
    answer: Json = {**_certificate_json(proof.certificate), "slot": proof.slot.label, "verified": True}
    answer |= {
        "message": proof.message.hex(),
        "signature": proof.signature.hex(),
        "seconds": round(proof.seconds, 3),
    }
    job.facts({name: answer[name] for name in ("subject", "serial", "slot", "verified", "seconds")})
    return answer


def account(job: Job) -> Json:
    return ACCOUNT_ACTIONS[job.options.action](job)


def _signed_in(job: Job) -> SignInContext:
    context = SignInContext(job.ports(ra=True), job.options.unit, job.options.account)
    run(SGN, context)
    return context


def _sign_in(job: Job) -> Json:
    context = _signed_in(job)
    kept = job.world.keep_session()
    assert context.session is not None
    answer: Json = {"account": context.session.account, "unit": context.session.unit, "kept": kept}
    job.facts(answer)
    return answer


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
    context = SignInContext(job.ports(ra=True), job.options.unit, job.options.account)
    run(PWS, context)
    job.world.keep_session()
    answer: Json = {"account": context.account_name, "changed": True}
    job.facts(answer)
    return answer


def _sign_out(job: Job) -> Json:
    context = SignInContext(job.ports(ra=True), job.options.unit, job.options.account)
    run(OUT, context)
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


def explain(job: Job) -> Json:
    said = job.world.words.explain(job.options.code)
    if said is None:
        raise ArgumentInvalid("code")
    answer: Json = {name: value for name, value in asdict(said).items() if value}
    if not job.options.json:
        for line in list(answer.values()):
            job.console.print(line, highlight=False)
    return answer


def apdu(job: Job) -> Json:
    """Expert. An unknown card, and any command that is not known to only read, needs --expert."""
    commands = [_parse_hex(text) for text in job.options.apdus]
    exchanges: list[Json] = []
    with job.world.raw_card(job.options.reader) as card:
        for command in commands:
            _refuse(job.options, card.kind, command)
            response = card.send(command)
            shown = [*decode_command(command), *decode_response(response)]
            exchanges.append({"command": command.hex(), "response": response.hex(), "decoded": shown})
            if not job.options.json:
                job.console.print(f"→ {command.hex()}\n← {response.hex()}", style="bold", highlight=False)
                job.console.print("\n".join(f"  {line}" for line in shown), highlight=False, markup=False)
    return {"exchanges": exchanges}


def _parse_hex(text: str) -> bytes:
    try:
        command = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        raise ArgumentInvalid("HEX") from None
    if len(command) < 4:
        raise ArgumentInvalid("HEX")
    return command


def _refuse(options: Options, kind: str, command: bytes) -> None:
    if not options.expert and (kind == "unknown" or is_write(command)):
        raise CommandRefused(decode_command(command)[0])


def practice_tour(job: Job) -> Json:
    """The main job on a practice card, without anyone to ask: apply, then prove the certificate."""
    guided = replace(job, prompts=AnswersPrompts(job.world.practice_answers()))
    return {"apply": apply(guided), "sign_test": sign_test(guided)}


COMMANDS: dict[str, Callable[[Job], Json]] = {
    "cards": cards,
    "apply": apply,
    "sign-test": sign_test,
    "account": account,
    "explain": explain,
    "apdu": apdu,
    "practice-tour": practice_tour,
}
