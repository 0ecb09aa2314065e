"""The command ``cardtool-ra openapi``: what ``GET /openapi.json`` of a demo server answers, which has every path."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from server_stub.app import create_app
from server_stub.settings import Settings


def document() -> dict[str, Any]:
    """OpenAPI 3.1. A few seconds: it makes a CA."""
    with TemporaryDirectory() as folder:
        app = create_app(Settings(data=Path(folder), url="http://127.0.0.1", demo=True))
        try:
            return app.openapi()
        finally:
            app.state.ra.close()
