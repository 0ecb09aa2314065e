"""What takes two officers, by API: requests, and another officer's word on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response

from server_stub import approvals
from server_stub.api.answers import OFFICER_SIGNED_IN, problems
from server_stub.api.calls import (
    Answered,
    IdempotencyKey,
    Mutation,
    Reading,
    RequestHash,
    TheRa,
    Token,
    officer_with,
)
from server_stub.api.officers import RegistrarCall
from server_stub.api.shapes import Body, Form, Id, Shape, Time
from server_stub.db.models import Approval, Officer
from server_stub.officers import Role
from server_stub.problems import Code
from server_stub.ra import Act

router = APIRouter(prefix="/officer/approvals", tags=["officers"])
_FAILURES = problems(*OFFICER_SIGNED_IN, Code.NOT_FOUND, Code.CONFLICT)


class NewApproval(Body):
    kind: Literal["pin-reset"]
    card_id: Id
    form: Form


class ApprovalShape(Shape):
    """``requested_by`` and ``decided_by`` are officers' names."""

    id: str
    kind: str
    card_id: str
    form: str
    state: Literal["requested", "confirmed", "refused", "expired"]
    requested_by: str
    decided_by: str | None
    expires_at: Time


class Approvals(Shape):
    approvals: list[ApprovalShape]


def _reader(ra: TheRa, token: Token) -> Reading[Officer]:
    return Reading(ra, token, officer_with(*Role))


def _decider(ra: TheRa, token: Token, key: IdempotencyKey, digest: RequestHash) -> Mutation[Officer]:
    return Mutation(ra, token, officer_with(Role.REGISTRAR, Role.APPROVER), key, digest)


ReaderCall = Annotated[Reading[Officer], Depends(_reader)]
DeciderCall = Annotated[Mutation[Officer], Depends(_decider)]


@router.get("", responses=problems(*OFFICER_SIGNED_IN))
def list_approvals(call: ReaderCall) -> Approvals:
    """What is requested or confirmed and has not expired."""
    return call.run(lambda act, _: Approvals(approvals=[_shape(act, one) for one in approvals.counting(act)]))


@router.post("", status_code=201, response_model=ApprovalShape, responses=_FAILURES)
def request_approval(call: RegistrarCall, body: NewApproval) -> Response:
    def work(act: Act, officer: Officer) -> Answered:
        made = approvals.request(act, officer, body.kind, body.card_id, body.form)
        return Answered.of(201, _shape(act, made))

    return call.run(work)


@router.post("/{approval_id}/confirmation", response_model=ApprovalShape, responses=_FAILURES)
def confirm_approval(call: DeciderCall, approval_id: Id) -> Response:
    """By another officer than the one who requested it."""
    return _decided(call, approval_id, approvals.confirm)


@router.post("/{approval_id}/refusal", response_model=ApprovalShape, responses=_FAILURES)
def refuse_approval(call: DeciderCall, approval_id: Id) -> Response:
    return _decided(call, approval_id, approvals.refuse)


def _decided(
    call: DeciderCall, approval_id: str, decide: Callable[[Act, Officer, str], Approval]
) -> Response:
    return call.run(lambda act, officer: Answered.of(200, _shape(act, decide(act, officer, approval_id))))


def _shape(act: Act, approval: Approval) -> ApprovalShape:
    fields = {name: getattr(approval, name) for name in ApprovalShape.model_fields if name != "state"}
    return ApprovalShape.model_validate({**fields, "state": approvals.state_at(approval, act.now)})
