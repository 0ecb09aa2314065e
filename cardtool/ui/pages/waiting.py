"""Before a wizard's first question: something is being asked for, and one may leave."""

from __future__ import annotations

from cardtool.ui.page import Page


class WaitingPage(Page):
    can_go_back = False

    def lead(self) -> str:
        return self.messages.text("wizard.busy")
