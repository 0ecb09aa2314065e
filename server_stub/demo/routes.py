"""Demo mode only: move the clock, order faults. Without sign-in, as it exists on loopback alone."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import delete

from server_stub.api.answers import problems
from server_stub.api.calls import TheRa
from server_stub.api.shapes import Body, Shape, Time
from server_stub.db.models import Fault
from server_stub.demo import faults
from server_stub.problems import Code

router = APIRouter(prefix="/demo", tags=["demo"])
_TEN_YEARS = 10 * 366 * 24 * 3600


class Advance(Body):
    advance_seconds: int = Field(ge=0, le=_TEN_YEARS)


class ClockShape(Shape):
    time: Time


class NewFault(Body):
    fault: faults.Name = Field(strict=False)
    count: int = Field(default=1, ge=1, le=1000)


@router.post("/clock", responses=problems(Code.MALFORMED))
def advance_clock(ra: TheRa, body: Advance) -> ClockShape:
    with ra.act("demo") as act:
        return ClockShape(time=ra.clock.advance(act.db, body.advance_seconds))


@router.post("/faults", status_code=204, responses=problems(Code.MALFORMED))
def arm_fault(ra: TheRa, body: NewFault) -> None:
    with ra.act("demo") as act:
        faults.arm(act, body.fault, body.count)


@router.delete("/faults", status_code=204)
def clear_faults(ra: TheRa) -> None:
    with ra.act("demo") as act:
        act.db.execute(delete(Fault))
