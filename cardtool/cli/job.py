"""One command with all it needs, and which reader is meant by its options."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from cardtool.cards.overview import CardOverview
from cardtool.cli.options import Options
from cardtool.cli.output import print_facts
from cardtool.cli.world import World
from cardtool.errors import ArgumentInvalid, NoCard, NoReader
from cardtool.flows.context import Ports
from cardtool.flows.ports import Cancel, Progress, Prompts


@dataclass(frozen=True)
class Job:
    """``console`` is standard error with --json, else standard output."""

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
            language=world.words.language,
        )

    def facts(self, facts: dict[str, object]) -> None:
        if not self.options.json:
            print_facts(self.console, self.world.words, facts)

    @property
    def account(self) -> str:
        """The account that is meant, '' for any."""
        return self.options.account or self.world.account

    def reader(self) -> str:
        """The reader that --reader or --card names, '' without them.

        Raises NoReader, ArgumentInvalid (no such reader), NoCard (that card is in none).
        """
        named, card_id = self.options.reader, "" if self.options.practice else self.options.card
        if not named and not card_id:
            return ""
        found = self.world.desk.survey()
        if not found:
            raise NoReader
        if named and named not in [card.reader for card in found]:
            raise ArgumentInvalid("--reader")
        if not card_id:
            return named
        for card in found:
            if _is_called(card, card_id) and named in ("", card.reader):
                return card.reader
        raise NoCard(named)


def _is_called(card: CardOverview, card_id: str) -> bool:
    """By the vendor's serial number, or the GUID with or without dashes."""
    return card_id == str(card.serial) or card_id.replace("-", "").lower() == card.guid
