"""schemathesis, all checks: whatever is sent, fitting the OpenAPI document or not, is answered as the document says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode, SerializationContext
from schemathesis.schemas import BaseSchema

from server_stub.officers import Role
from tests.server.world import Caller, World

EXAMPLES = int(os.environ.get("CARDTOOL_EXAMPLES", "4"))
DOCUMENT = json.loads((Path(__file__).parents[2] / "resources/api/openapi.json").read_text("utf-8"))
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


@schemathesis.serializer("application/ocsp-request")
def as_it_is(_context: SerializationContext, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def cases() -> Iterator[tuple[str, str, GenerationMode]]:
    """Method, path, and whether what is sent fits.

    Not the demo's own: clock and faults would change the world. OCSP answers everything in its own words.
    """
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/demo/"):
                continue
            yield method, path, POSITIVE
            if not path.startswith("/ocsp") and (operation.get("parameters") or operation.get("requestBody")):
                yield method, path, NEGATIVE


@pytest.fixture(scope="module")
def schema(app: FastAPI) -> BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture
def tokens(world: World, alice: Caller) -> dict[bool, str]:
    """By whether an officer's is wanted."""
    return {False: alice.token, True: world.officer_caller("may", Role.REGISTRAR, Role.AUDITOR).token}


@pytest.mark.parametrize(("method", "path", "mode"), list(cases()))
def test_the_document_is_kept(
    schema: BaseSchema, tokens: dict[bool, str], method: str, path: str, mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {tokens['/officer/' in path]}"}

    @given(case=schema[path][method.upper()].as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def hold(case: Case) -> None:
        case.call_and_validate(headers=headers)

    hold()
