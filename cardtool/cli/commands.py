"""The commands. Each runs a flow (or only looks) and answers facts; words and JSON are made at the edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from cardtool.cards.gids.types import Container
from cardtool.cards.overview import CardOverview
from cardtool.cards.piv.types import Slot
from cardtool.cli.account import account
from cardtool.cli.answers import AnswersPrompts
from cardtool.cli.expert import apdu
from cardtool.cli.job import Job
from cardtool.cli.narrated import Narrated
from cardtool.cli.output import Json
from cardtool.cli.words import card_line, certificate_line, printable
from cardtool.errors import ArgumentInvalid, CertificateRefused
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.engine import run
from cardtool.flows.signature_test import SIG, SignatureTestContext
from cardtool.pki.certificate import describe
from cardtool.pki.summary import CertificateSummary
from cardtool.report import Facts, make_report, read_spoken_code, spoken_code, told


def cards(job: Job) -> Json:
    found = job.world.desk.survey()
    if not job.options.json:
        for card in found:
            job.console.print(card_line(job.world.words, card), highlight=False, markup=False)
            for held in card.certificates:
                line = certificate_line(job.world.words, held.der)
                job.console.print(f"  {held.slot.label}  {line}", highlight=False, markup=False)
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
        "certificates": [{"slot": held.slot.label, **_held_json(held.der)} for held in card.certificates],
        "containers": [_container_json(held.container) for held in card.containers],
    }


def _container_json(container: Container) -> Json:
    return {
        "slot": container.label,
        "name": printable(container.name),
        "bits": container.bits,
        "default": container.is_default,
    }


def _held_json(der: bytes) -> Json:
    """Other programs may have put anything there: what is no certificate is named by the error's code."""
    try:
        return _certificate_json(describe(der))
    except CertificateRefused as error:
        return {"error": error.code}


def _certificate_json(found: CertificateSummary) -> Json:
    return {
        "subject": found.subject,
        "issuer": found.issuer,
        "serial": found.serial_hex,
        "serial_decimal": found.serial_decimal,
        "not_before": f"{found.not_before:%Y-%m-%dT%H:%M:%SZ}",
        "not_after": f"{found.not_after:%Y-%m-%dT%H:%M:%SZ}",
        "key": found.key_algorithm,
        "sha256": found.sha256,
    }


def apply(job: Job) -> Json:
    context = ApplyContext(job.ports(ra=True), job.world.unit, job.account, job.reader())
    run(APC, context)
    job.world.keep_session()
    done = context.outcome
    assert done is not None
    answer: Json = {**_certificate_json(done.certificate), "slot": done.slot, "card_id": done.card_id}
    answer |= {"order": done.order, "resumed": done.resumed}
    shown = ("subject", "serial", "valid_from", "valid_until", "slot")
    dates = {"valid_from": done.certificate.not_before, "valid_until": done.certificate.not_after}
    facts = {**answer, **{name: f"{date:%Y-%m-%d}" for name, date in dates.items()}}
    job.facts({name: facts[name] for name in shown})
    return answer


def sign_test(job: Job) -> Json:
    slot = Slot.from_label(job.options.slot) if job.options.slot else None
    context = SignatureTestContext(job.ports(ra=False), reader=job.reader(), slot=slot)
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


def explain(job: Job) -> Json:
    words, code = job.world.words, job.options.code
    said, spoken = words.explain(code), read_spoken_code(code)
    if said is not None:
        answer: Json = {name: value for name, value in asdict(said).items() if value}
    elif spoken is not None:
        answer = dict(told(spoken, words))
    else:
        raise ArgumentInvalid("code")
    if not job.options.json:
        for line in list(answer.values()):
            job.console.print(line, highlight=False, markup=False)
    return answer


def report(job: Job) -> Json:
    """All that is in it is printed as well: nobody shall pass on what was not seen."""
    words = job.world.words
    facts = Facts.of_here(words.language, practice=job.options.practice)
    made = make_report(facts, job.world.log_folder)
    made.save(Path(job.options.out), words)
    if not job.options.json:
        job.console.print(made.text(words), highlight=False, markup=False)
    return {"file": job.options.out, "spoken": spoken_code(facts)}


def practice_tour(job: Job) -> Json:
    """The main job on a practice card, without anyone to ask: apply, then prove the certificate."""
    answers = job.world.practice_answers()
    alone = replace(job.options, account=str(answers["account"]), reader="", card="", unit="")

    def guided() -> Job:
        prompts = Narrated(AnswersPrompts(answers), job.console, job.world.words)
        return replace(job, options=alone, prompts=prompts)

    return {"apply": apply(guided()), "sign_test": sign_test(guided())}


def practice_reset(job: Job) -> Json:
    """Throw the practice world away and make another: for one that is damaged, or to begin anew."""
    job.world.renew_practice()
    return {"renewed": True}


COMMANDS: dict[str, Callable[[Job], Json]] = {
    "cards": cards,
    "apply": apply,
    "sign-test": sign_test,
    "account": account,
    "explain": explain,
    "report": report,
    "apdu": apdu,
    "practice-tour": practice_tour,
    "practice-reset": practice_reset,
}
