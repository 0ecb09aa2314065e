"""APC-4 and its like: what is being done, how long it usually takes, and that nothing can be lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cardtool.ui.context import Context
from cardtool.ui.page import Page
from cardtool.ui.widgets.acts import ActList
from cardtool.ui.widgets.strips import Strip

if TYPE_CHECKING:
    from cardtool.flows.ports import Act


class WorkingPage(Page):
    """Lists the planned acts of its screen code. Cancel ends the flow between two acts."""

    can_go_back = False
    dirty = True

    def __init__(self, context: Context, code: str, acts: Sequence[Act]) -> None:
        super().__init__(context, code)
        self._stopping = False
        self.acts = ActList(context)
        self.acts.plan([act for act in acts if act.page == code])
        self.reassurance = Strip(context, "good")
        self.layout_.addWidget(self.acts)
        self.layout_.addWidget(self.reassurance)
        self._tell()

    def _tell(self) -> None:
        wizard = self.code.split("-", maxsplit=1)[0]
        key = "signing" if wizard == "SIG" else "pull"
        self.reassurance.show_words(self.messages.text(f"reassure.{key}"))

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "reassurance"):
            self._tell()

    def act_started(self, act: Act, /) -> bool:
        self.can_cancel = act.cancellable and not self._stopping
        self.acts.start(act)
        self.changed.emit()
        return True

    def act_finished(self, act: Act, /, *, skipped: bool) -> None:
        self.acts.finish(act, skipped=skipped)

    def stop(self) -> None:
        """The person wants to leave: the running act is brought to its end first."""
        self._stopping, self.can_cancel = True, False
        self.strip.show_words(self.messages.text("wizard.stopping"), "caution", aloud=True)
        self.changed.emit()
