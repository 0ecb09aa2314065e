"""Result pages: what was done in the person's terms, and what to do next."""

from __future__ import annotations

from datetime import UTC, datetime

from cardtool.flows.results import Applied, SignatureProof
from cardtool.ra.wire import Session
from cardtool.ui.certificates import grouped, kind_of
from cardtool.ui.context import Context
from cardtool.ui.home_view import CardFace, Validity
from cardtool.ui.messages import day, minute
from cardtool.ui.page import Page
from cardtool.ui.widgets.card_picture import CardPicture
from cardtool.ui.widgets.facts import Facts
from cardtool.ui.widgets.layouts import Fold
from cardtool.ui.widgets.strips import Strip


class ResultPage(Page):
    """The end of a wizard. ``answered`` leads home; ``started`` offers what comes next."""

    code_shown = ""
    can_go_back = False

    def __init__(self, context: Context, result: object) -> None:
        super().__init__(context, self.code_shown)
        self.result = result
        self.build()
        self.tell()

    def build(self) -> None:
        self.facts = Facts(self.context, "fact")
        self.next = Strip(self.context, "primary")
        self.layout_.addWidget(self.facts)
        self.layout_.addWidget(self.next)

    def mark(self) -> tuple[str, str] | None:
        return "circle-check", "good"

    def tell(self) -> None:
        """Put in the facts and what comes next, in the language of the moment."""

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "result"):
            self.tell()

    def cancel_words(self) -> str:
        return ""

    def primary(self) -> str:
        return self.messages.text("done.home")

    def submit(self) -> None:
        self.answered.emit(None)


class SignedInPage(ResultPage):
    """SGN-3."""

    code_shown = "SGN-3"
    result: Session

    def tell(self) -> None:
        session = self.result
        self.facts.show_facts([("account", session.account), ("session", minute(session.expires_at))])
        self.next.show_words(self.messages.text("done.next_SGN"))


class SignedOutPage(ResultPage):
    """OUT-1, done."""

    code_shown = "OUT-1"

    def tell(self) -> None:
        self.facts.hide()
        self.next.show_words(self.messages.text("done.next_OUT"))

    def title(self) -> str:
        return self.messages.text("done.signed_out")

    def lead(self) -> str:
        return self.messages.text("done.signed_out_lead")


class AppliedPage(ResultPage):
    """APC-6: the card as it is now; offers the signature test."""

    code_shown = "APC-6"
    result: Applied

    def build(self) -> None:
        self.picture = CardPicture(self.context)
        super().build()
        self.layout_.insertWidget(1, Fold(self.context, (self.picture, self.facts), ((700, 2),), 24, (0, 1)))

    def tell(self) -> None:
        summary = self.result.certificate
        life = Validity(summary.not_before, summary.not_after)
        kind, serial = kind_of(summary, self.messages), grouped(summary.serial_hex)
        face = CardFace(summary.holder, summary.issuer, kind, serial, life)
        self.picture.show_face(face, datetime.now(UTC))
        where = self.messages.text("done.on_card", slot=self.result.slot)
        facts = [
            ("holder", summary.holder),
            ("serial", serial),
            ("until", day(summary.not_after)),
            ("where", where),
        ]
        self.facts.show_facts(facts)
        self.next.show_words(self.messages.text("done.next_APC"))

    def cancel_words(self) -> str:
        return self.messages.text("done.test")

    def second(self) -> bool:
        self.started.emit("SIG")
        return True


class SignatureProvenPage(ResultPage):
    """SIG-3: what was signed, by whom, verified how, timing."""

    code_shown = "SIG-3"
    result: SignatureProof

    def tell(self) -> None:
        proof = self.result
        by = self.messages.text("done.by", holder=proof.certificate.holder, slot=proof.slot.label)
        facts = [
            ("signed", proof.message.decode("ascii", "replace")),
            ("by", by),
            ("key", proof.certificate.key_algorithm),
            ("verified", self.messages.text("done.verified")),
            ("seconds", self.messages.text("done.took", seconds=f"{proof.seconds:.2f}")),
        ]
        self.facts.show_facts(facts)
        self.next.show_words(self.messages.text("done.next_SIG"))
