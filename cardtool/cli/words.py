"""Lines for the terminal, in the person's terms."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from cardtool.cards.overview import CardOverview
from cardtool.cards.piv.types import Slot
from cardtool.errors import CardToolError, CertificateRefused
from cardtool.pki.certificate import describe
from cardtool.words import Words


def show_error(console: Console, words: Words, error: CardToolError) -> None:
    """The four things every failure says (spec 1.2, 4): what, is it safe, what now, the code."""
    said = words.error(error)
    console.print(f"\n[bold red]{escape(said.title)}[/bold red]  [dim]{said.code}[/dim]", highlight=False)
    console.print(said.safety, highlight=False, markup=False)
    console.print(said.advice, highlight=False, markup=False)


def card_line(words: Words, card: CardOverview) -> str:
    """Reader, kind of card, holder of its first certificate, tries left."""
    parts = [card.reader, words.text(f"cli.card_{card.kind}")]
    if card.serial is not None:
        parts.append(f"#{card.serial}")
    own = next((held.der for held in card.certificates if held.slot is not Slot.CARD_AUTHENTICATION), None)
    if own is not None:
        parts.append(_holder(own))
    if card.pin is not None:
        parts.append(words.text("label.tries_left", count=card.pin.tries_left))
    return printable(" · ".join(part for part in parts if part))


def certificate_line(words: Words, der: bytes) -> str:
    """Holder, serial, end. Other programs may have put anything there: then the reason it is no certificate."""
    try:
        found = describe(der)
    except CertificateRefused as error:
        return words.error(error).title
    until = words.text("cli.valid_until", date=f"{found.not_after:%Y-%m-%d}")
    return printable(f"{found.holder} · {found.serial_hex} · {until}")


def printable(text: str) -> str:
    """Names come from readers and certificates: no control character of theirs reaches the terminal."""
    return "".join(character for character in text if character.isprintable())


def _holder(der: bytes) -> str:
    try:
        return describe(der).holder
    except CertificateRefused:
        return ""
