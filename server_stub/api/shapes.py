"""What travels: pydantic models shared by several resources. Requests refuse unknown members."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


Time = Annotated[
    datetime,
    PlainSerializer(_iso, return_type=str),
    Field(json_schema_extra={"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}),
]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Block = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{16}|[0-9a-f]{32})$")]
Serial = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,40}$")]
Form = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z./-]{0,31}$")]
UnitId = Annotated[str, StringConstraints(min_length=1, max_length=32)]
EnrolmentCode = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Language = Literal["zh_TW", "en"]


class Body(BaseModel):
    """Base of requests: unknown members and other types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Shape(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(from_attributes=True)


class SignedStatement(Body):
    """``statement`` is the canonical JSON text the card signed, ``signature`` lower-case hex."""

    statement: Annotated[str, StringConstraints(min_length=2, max_length=2048)]
    signature: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}){8,512}$")]

    def signed(self) -> tuple[bytes, bytes]:
        return self.statement.encode("utf-8", "surrogatepass"), bytes.fromhex(self.signature)


class ProblemDocument(Shape):
    """RFC 9457; further members by code."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    code: str
