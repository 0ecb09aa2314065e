"""``cardtool-card``: a software card in the real pcscd by vpcd. SIGUSR1 pulls it, SIGUSR2 inserts it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from cardtool.errors import ArgumentInvalid, CardFileUnreadable, CardToolError
from cardtool.pcsc.virtual import store
from cardtool.pcsc.virtual.gids import VirtualGidsCard
from cardtool.pcsc.virtual.pace import instant, real_card
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.vpcd import DEFAULT_PORT, VpcdPlug
from cardtool.words import Words, detect_language

AnyCard = VirtualPivCard | VirtualGidsCard
_KINDS: dict[str, type[VirtualPivCard] | type[VirtualGidsCard]] = {
    VirtualPivCard.kind: VirtualPivCard,
    VirtualGidsCard.kind: VirtualGidsCard,
}


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status of docs/commands.md."""
    options = _parser().parse_args(arguments)
    try:
        card = _card(options)
    except CardToolError as error:
        words = Words(detect_language()).error(error)
        sys.stderr.write(f"{error.code} {words.title} {words.advice}\n")
        return error.exit_status
    card.pace = real_card if options.slow else instant
    host, port = options.vpcd
    try:
        _run(VpcdPlug(card, host, port))
    finally:
        card.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cardtool-card",
        description="Put a software card into pcscd by vpcd. SIGUSR1 pulls it, SIGUSR2 inserts it.",
        epilog="A simulator: PIN, PUK and private keys are unprotected. Never use it for a real key.",
    )
    parser.add_argument(
        "--kind", choices=tuple(_KINDS), help="of a new card (default: piv); a state file knows its own"
    )
    parser.add_argument("--vpcd", metavar="HOST:PORT", type=_address, default=("localhost", DEFAULT_PORT))
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--state", metavar="FILE", type=Path, help="made if it is not there")
    where.add_argument("--personalised", metavar="DEMO.json:NAME", help="a card that cardtool-ra made")
    parser.add_argument("--slow", action="store_true", help="make keys as slowly as a real card")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise argparse.ArgumentTypeError("HOST:PORT is needed")
    return host.strip("[]"), int(port)


def _card(options: argparse.Namespace) -> AnyCard:
    path = _personalised(options.personalised) if options.personalised else options.state
    if path is None or not (options.personalised or path.exists()):
        return _KINDS[options.kind or VirtualPivCard.kind].create(path)
    kind = store.kind_in(store.read(path))
    if kind not in _KINDS or kind != (options.kind or kind):
        raise CardFileUnreadable("kind")
    return _KINDS[kind].load(path)


def _personalised(reference: str) -> Path:
    """State file of card NAME in what ``cardtool-ra serve --demo-json`` wrote."""
    file, _, name = reference.rpartition(":")
    if not file or not name:
        raise ArgumentInvalid("personalised")
    try:
        entry = json.loads(Path(file).read_text(encoding="utf-8"))["cards"][name]
        return Path(file).parent / str(entry["state_file"])
    except OSError:
        raise CardFileUnreadable("missing") from None
    except (ValueError, KeyError, TypeError):
        raise ArgumentInvalid("personalised") from None


def _run(plug: VpcdPlug) -> None:
    """Serve in a thread and follow signals in this one, so that a card at work can be pulled."""
    if sys.platform == "win32":
        plug.run()  # no such signals there: Ctrl-C ends it
    else:
        watched = {signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT}
        acts = {signal.SIGUSR1: plug.pull, signal.SIGUSR2: plug.insert}
        signal.pthread_sigmask(signal.SIG_BLOCK, watched)
        server = threading.Thread(target=_serve, args=(plug,), name="vpcd")
        server.start()
        while (received := signal.Signals(signal.sigwait(watched))) in acts:
            acts[received]()
        plug.stop()
        server.join()


def _serve(plug: VpcdPlug) -> None:
    try:
        plug.run()
    finally:
        # Should it ever end by itself, the program must end too and not wait for signals.
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
