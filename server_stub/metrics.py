"""How the RA is doing, in numbers (Prometheus text format). Counted in the database, so every worker tells the same.

No names, no accounts, no serials: labels are states only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from server_stub.db.models import AuditEntry, AuditHead, Card, Certificate, Debit, Order, SignInSession
from server_stub.ra import Act, Ra

NAME: Final = "cardtool_ra"
_BY_STATE: Final = (
    ("orders", "Orders by state", Order.state),
    ("certificates", "Certificates by state", Certificate.state),
    ("cards", "Cards by status", Card.status),
    ("debits", "Debits of fees by state", Debit.state),
)


def exposition(ra: Ra) -> bytes:
    """The whole page, ``text/plain; version=0.0.4``."""
    registry = CollectorRegistry()
    registry.register(_Counts(ra))
    return generate_latest(registry)


class _Counts(Collector):
    def __init__(self, ra: Ra) -> None:
        self._ra = ra

    def collect(self) -> Iterator[Metric]:
        with self._ra.act(write=False) as act:
            yield from (_by_state(act, *each) for each in _BY_STATE)
            yield _open_sessions(act)
            yield from _audit(act)
            yield GaugeMetricFamily(
                f"{NAME}_issuing_certificate_expires_seconds",
                "Until the issuing CA's certificate ends",
                (self._ra.authority.chain[0].not_valid_after_utc - act.now).total_seconds(),
            )


def _by_state(act: Act, name: str, told: str, column: object) -> Metric:
    family = GaugeMetricFamily(f"{NAME}_{name}", told, labels=["state"])
    counted = select(column, func.count()).group_by(column)  # type: ignore[call-overload]
    for state, count in act.db.execute(counted):
        family.add_metric([state], count)
    return family


def _open_sessions(act: Act) -> Metric:
    count = act.db.scalar(
        select(func.count()).select_from(SignInSession).where(SignInSession.expires_at > act.now)
    )
    return GaugeMetricFamily(f"{NAME}_sessions", "Customers signed in", count or 0)


def _audit(act: Act) -> Iterator[Metric]:
    number = act.db.scalar(select(AuditHead.number)) or 0
    yield CounterMetricFamily(f"{NAME}_audit_entries", "Entries of the audit log", number)
    last = act.db.scalar(select(AuditEntry.time).where(AuditEntry.number == number))
    if last is not None:
        yield GaugeMetricFamily(
            f"{NAME}_last_act_seconds",
            "Since the last entry of the audit log",
            (act.now - last).total_seconds(),
        )
