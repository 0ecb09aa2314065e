"""SGN-2: the first sign-in asks for a site password of one's own; the unit's rule fills up while typing."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from cardtool.flows.questions import AskNewSitePassword
from cardtool.flows.rules import site_password_faults
from cardtool.ui.messages import Value
from cardtool.ui.page import QuestionPage
from cardtool.ui.widgets.rules import RuleList
from cardtool.ui.widgets.secret_field import SecretField


class NewPasswordPage(QuestionPage):
    question: AskNewSitePassword
    can_go_back = False

    def build(self) -> None:
        rule = self.question.rule
        self.entry = SecretField(self.context, "new_password.first", rule.minimum, rule.maximum)
        self.repeated = SecretField(self.context, "new_password.second")
        self.rules = RuleList(self.context, self._parts())
        for part in (self.entry, self.rules, self.repeated):
            self.layout_.addWidget(part)
        self.entry.edited.connect(self._edited)
        self.repeated.edited.connect(self._edited)
        self._edited()

    def _parts(self) -> list[tuple[str, dict[str, Value]]]:
        rule = self.question.rule
        parts: list[tuple[str, dict[str, Value]]] = [
            ("length", {"minimum": rule.minimum, "maximum": rule.maximum})
        ]
        parts += [(name, {}) for name in ("letter", "upper", "lower", "digit") if getattr(rule, name)]
        parts.append(("characters_symbols" if rule.symbols else "characters", {}))
        parts.append(("same", {}))
        return parts

    def _edited(self) -> None:
        first, second = self.entry.line.text(), self.repeated.line.text()
        broken = set(site_password_faults(self.question.rule, first))
        if "characters" in broken or not first:
            broken |= {"characters", "characters_symbols"}
        if not first or first != second:
            broken.add("same")
        self.rules.show_broken(frozenset(broken))
        self.dirty = bool(first or second)
        self.changed.emit()

    def primary(self) -> str:
        return self.messages.text("new_password.action")

    def ready(self) -> bool:
        return self.rules.all_kept()

    def submit(self) -> None:
        self.repeated.wipe()
        self.answered.emit(self.entry.take())

    def first_field(self) -> QWidget | None:
        return self.entry.line

    def leave(self) -> None:
        self.entry.wipe()
        self.repeated.wipe()
