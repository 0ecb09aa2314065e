"""Everything the window needs from outside. ``cardtool.app`` makes it; tests make their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cardtool.config import Settings

if TYPE_CHECKING:
    from cardtool.ui.flow_run import Start
    from cardtool.ui.home_view import HomeView
    from cardtool.ui.messages import Words


class PracticeControls(Protocol):
    """What the practice panel does to the practice world. Called on a thread of its own: it may take a while.

    Each method returns when the world has changed; cards then report themselves through ``watch``.
    """

    def people(self) -> tuple[tuple[str, str, str], ...]:
        """Account, site password and PIN of everyone who practises."""
        ...

    def readers(self) -> tuple[tuple[str, str], ...]:
        """Each virtual reader with the name of the card in it, '' for none."""
        ...

    def cards(self) -> tuple[str, ...]:
        """The names of all practice cards."""
        ...

    def insert(self, reader: str, card: str) -> None:
        """Put ``card`` in; one that is in is taken out first."""
        ...

    def remove(self, reader: str) -> None: ...

    def plug_reader(self) -> None:
        """Connect one more reader."""
        ...

    def now(self) -> datetime: ...

    def advance(self, days: int) -> None: ...

    def fault_names(self) -> tuple[str, ...]: ...

    def arm(self, fault: str) -> None: ...

    def clear_faults(self) -> None: ...


@dataclass(frozen=True)
class Services:
    """``look`` and the wizards run on the card thread; ``watch`` calls back from any thread.

    ``wizards``: code → a function of (prompts, progress, cancel) that runs the flow and returns what its result
    page shows: SGN Session, CRD CardOverview, APC Applied, SIG SignatureProof, OUT None.
    ``watch``: told whenever a card or reader comes or goes; returns a function that ends the watching.
    ``look_at_once``: what can be shown until ``look`` has the answer of card and RA, None where that is the same.
    ``warm``: prepares what will be needed next; runs on the card thread after the first paint.
    """

    load_words: Callable[[str], Words]
    settings: Settings
    save_settings: Callable[[Settings], None]
    look: Callable[[], HomeView]
    wizards: Mapping[str, Start] = field(default_factory=dict)
    watch: Callable[[Callable[[], None]], Callable[[], None]] | None = None
    warm: Callable[[], None] | None = None
    look_at_once: Callable[[], HomeView | None] = lambda: None
    practice: PracticeControls | None = None
    start_practice: Callable[[], None] | None = None
    log_folder: Path | None = None
