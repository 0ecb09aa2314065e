"""A desktop of its own, seen as a screen reader sees it: session bus, accessibility bus, keys by XTEST."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jeepney import DBusAddress, MatchRule, MessageType, Properties, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

ATSPI = "org.a11y.atspi."
PATIENCE = 60.0
KEY_PRESS, KEY_RELEASE, KEY_SYMBOL, KEY_STRING = 0, 1, 3, 4
"""Atspi.KeySynthType."""
SETTLE = 0.03
"""Seconds from a key to the question what it did."""


class NotAnswered(Exception):
    """The object has no such interface, or is gone."""


class Bus:
    """Calls to whatever hangs on one D-Bus."""

    def __init__(self, address: str) -> None:
        self._connection: DBusConnection = open_dbus_connection(bus=address)

    def close(self) -> None:
        self._connection.close()

    def call(self, name: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> Any:
        """The answer's values. Raises NotAnswered."""
        target = DBusAddress(path, name, interface)
        return self._ask(new_method_call(target, member, signature or None, body))

    def property(self, name: str, path: str, interface: str, member: str) -> Any:
        """Raises NotAnswered."""
        return self._ask(Properties(DBusAddress(path, name, interface)).get(member))[0][1]

    def set_true(self, name: str, path: str, interface: str, member: str) -> None:
        self._ask(Properties(DBusAddress(path, name, interface)).set(member, "b", True))

    @contextmanager
    def signals(self, interface: str, member: str) -> Iterator[Callable[[], list[Any]]]:
        """The bodies of all such signals so far."""
        rule = MatchRule(type="signal", interface=interface, member=member)
        self._ask(message_bus.AddMatch(rule))
        bodies: list[Any] = []
        with self._connection.filter(rule, bufsize=100) as queue:

            def arrived() -> list[Any]:
                self._ask(message_bus.GetId())  # whatever came before the answer is in the queue now
                while queue:
                    bodies.append(queue.popleft().body)
                return bodies

            yield arrived
        self._ask(message_bus.RemoveMatch(rule))

    def _ask(self, message: Any) -> Any:
        answer = self._connection.send_and_get_reply(message, timeout=PATIENCE)
        if answer.header.message_type is MessageType.error:
            raise NotAnswered(str(answer.body))
        return answer.body


class Desktop:
    """``environment`` is for the program under test."""

    def __init__(self, session: Bus, environment: dict[str, str]) -> None:
        self.environment = environment
        address = session.call("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")[0]
        session.set_true("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Status", "IsEnabled")
        self.bus = Bus(address)

    @contextmanager
    def announcements(self) -> Iterator[Callable[[], list[str]]]:
        """Everything a screen reader is told to say, from now on."""
        event = "object:announcement"
        registry = (ATSPI + "Registry", "/org/a11y/atspi/registry", ATSPI + "Registry")
        self.bus.call(*registry, "RegisterEvent", "sass", event, [], "")
        with self.bus.signals(ATSPI + "Event.Object", "Announcement") as arrived:
            yield lambda: [str(body[3][1]) for body in arrived()]

    def key(self, symbol: int) -> None:
        self._generate(symbol, "", KEY_SYMBOL)

    def type(self, words: str) -> None:
        self._generate(0, words, KEY_STRING)

    def hold(self, code: int) -> None:
        """By the key's code, not its symbol."""
        self._generate(code, "", KEY_PRESS)

    def let_go(self, code: int) -> None:
        self._generate(code, "", KEY_RELEASE)

    def _generate(self, code: int, words: str, kind: int) -> None:
        controller = "/org/a11y/atspi/registry/deviceeventcontroller"
        interface = ATSPI + "DeviceEventController"
        self.bus.call(
            ATSPI + "Registry", controller, interface, "GenerateKeyboardEvent", "isu", code, words, kind
        )
        time.sleep(SETTLE)


@contextmanager
def desktop(environment: dict[str, str]) -> Iterator[Desktop]:
    """A session bus beside the screen that ``environment`` names."""
    read, write = os.pipe()
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", f"--print-address={write}"],
        pass_fds=[write], env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as told:
            address = told.readline().strip()
        session = Bus(address)
        opened = Desktop(session, environment | {"DBUS_SESSION_BUS_ADDRESS": address})
        yield opened
        opened.bus.close()
        session.close()
    finally:
        daemon.terminate()
        daemon.wait()
