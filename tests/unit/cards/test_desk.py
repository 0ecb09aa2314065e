"""The desk in front of software cards: what lies where, who holds it, and that a gained status is dropped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cardtool import errors
from cardtool.cards.desk import Desk
from cardtool.cards.overview import CardOverview
from cardtool.cards.pin import PinStatus
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.faults import CardFault, Injector, Recorder, watch
from cardtool.pcsc.replay import ReplayConnection
from cardtool.pcsc.transport import Connection, ReaderState
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.secret import Secret

READER = "Reader 0"


@pytest.fixture
def hub() -> Iterator[VirtualHub]:
    hub = VirtualHub(patience=0.05)
    hub.plug(READER)
    card = VirtualPivCard.create(serial=4711)
    hub.insert(READER, card)
    yield hub
    card.close()


def look(hub: VirtualHub) -> CardOverview:
    return Desk(hub).survey()[0]


def test_a_piv_card_is_read(hub: VirtualHub) -> None:
    overview = look(hub)
    assert (overview.reader, overview.kind, overview.serial) == (READER, "piv", 4711)
    assert overview.pin == PinStatus(verified=False, tries_left=3)
    assert overview.certificates == ()


def test_empty_mute_and_held(hub: VirtualHub) -> None:
    hub.hold(READER)
    assert look(hub).kind == "held"
    hub.release(READER)
    hub.pull(READER)
    assert look(hub) == CardOverview(READER, "empty")
    hub.insert_mute(READER)
    assert look(hub).kind == "mute"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (CardFault.REMOVED_BEFORE, "empty"),
        (CardFault.UNPLUGGED, "empty"),
        (CardFault.RESET, "piv"),  # looked at once more
        (CardFault.HELD, "held"),
    ],
)
def test_a_card_that_goes_while_it_is_read(hub: VirtualHub, fault: CardFault, kind: str) -> None:
    desk = Desk(watch(hub, Recorder(), Injector({3: fault})))
    assert [overview.kind for overview in desk.survey()] == [kind]


def test_a_card_that_is_reset_again_and_again_is_shown_as_held(hub: VirtualHub) -> None:
    always = dict.fromkeys(range(99), CardFault.RESET)
    assert Desk(watch(hub, Recorder(), Injector(always))).survey()[0].kind == "held"


def test_readers_the_system_makes_up_are_left_out(hub: VirtualHub) -> None:
    for name in ("Windows Hello for Business 1", "Microsoft UICC ISO Reader 0"):
        hub.plug(name)
    assert [overview.reader for overview in Desk(hub).survey()] == [READER]


def test_a_change_is_a_change_since_the_last_survey(hub: VirtualHub) -> None:
    desk = Desk(hub)
    assert desk.wait_for_change(0)
    desk.survey()
    assert not desk.wait_for_change(0)
    hub.pull(READER)
    assert desk.wait_for_change(0)


# --- sessions ---


def test_a_gained_status_is_dropped_at_the_end(hub: VirtualHub) -> None:
    desk = Desk(hub)
    with desk.session(READER) as session:
        session.verify_pin(Secret("123456"))
        session.keep_alive()
        assert session.pin_status().verified
    with desk.session(READER) as session:
        assert not session.pin_status().verified


@pytest.mark.parametrize("gain", [True, False])
def test_a_reset_only_when_needed_also_after_an_error(hub: VirtualHub, gain: bool) -> None:
    resets: list[bool] = []

    class Watched(ConnectionDecorator):
        def disconnect(self, *, reset: bool) -> None:
            resets.append(reset)
            super().disconnect(reset=reset)

    def use() -> None:
        with Desk(hub, wrap=Watched).session(READER) as session:
            if gain:
                session.verify_pin(Secret("123456"))
            raise errors.Cancelled

    with pytest.raises(errors.Cancelled):
        use()
    assert resets == [gain]


def test_a_card_held_for_a_moment_is_waited_for(hub: VirtualHub) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            hub.release(READER)

    hub.hold(READER)
    with Desk(hub, sleep=sleep).session(READER) as session:
        assert session.reader == READER
    assert len(pauses) == 2


def test_a_card_held_for_long_is_told(hub: VirtualHub) -> None:
    hub.hold(READER, "gpg-agent")
    with pytest.raises(errors.CardHeld) as caught, Desk(hub, sleep=lambda _seconds: None).session(READER):
        pytest.fail("it is held")
    assert caught.value.holder == "gpg-agent"


def test_no_card_and_no_reader(hub: VirtualHub) -> None:
    hub.pull(READER)
    with pytest.raises(errors.NoCard), Desk(hub).session(READER):
        pytest.fail("there is no card")
    with pytest.raises(errors.ReaderUnplugged), Desk(hub).session("Reader 9"):
        pytest.fail("there is no reader")


class ScriptedHub(VirtualHub):
    """A reader with a scripted card in it."""

    def __init__(self, script: str) -> None:
        super().__init__()
        self.card = ReplayConnection(script)

    def readers(self) -> list[ReaderState]:
        return [ReaderState(READER, self.card.atr)]

    def connect(self, reader: str) -> Connection:  # type: ignore[override]  # on purpose another kind
        return self.card


SELECT_PIV = "> 00A40400 09 A00000030800001000 00"
SELECT_GIDS = "> 00A40400 09 A00000039742544659 00"


def test_an_unknown_card_is_asked_for_two_applications_and_nothing_else() -> None:
    hub = ScriptedHub(f"{SELECT_PIV}\n< 6A82\n{SELECT_GIDS}\n< 6D00")
    assert Desk(hub).survey() == [CardOverview("Replay 0", "unknown", hub.card.atr)]
    hub.card.finish()
    assert hub.card.was_reset is False


def test_success_without_a_template_is_no_application() -> None:
    hub = ScriptedHub(f"{SELECT_PIV}\n< 9000\n{SELECT_GIDS}\n< 5300 9000")
    with pytest.raises(errors.UnknownCard) as caught, Desk(hub).session(READER):
        pytest.fail("not a PIV card")
    assert caught.value.atr == hub.card.atr.hex().upper()
    hub.card.finish()


def test_a_gids_card_is_known_but_not_for_piv() -> None:
    selected = f"{SELECT_PIV}\n< 6A82\n{SELECT_GIDS}\n< 61 0D 4F 0B A000000397425446590201 9000"
    tries = "> 00CB3FFF 04 5C027F71 00\n< 7F71 06 970102 930103 9000"
    never_set_up = "> 00CBA000 04 5C02DF1F 00\n< 6A82"
    seen = Desk(ScriptedHub(f"{selected}\n{tries}\n{never_set_up}")).survey()[0]
    assert (seen.kind, seen.pin, seen.card_id) == ("gids", PinStatus(verified=False, tries_left=2), None)
    with pytest.raises(errors.NotSupportedByCard), Desk(ScriptedHub(selected)).session(READER):
        pytest.fail("not a PIV card")
