"""Random requests made from the API's own description, by several roles and by nobody: no answer may be a 5xx.

A short budget here; ``make fuzz`` gives ten minutes (``FUZZ_SECONDS``). Each operation has its turn with each actor, in
an order drawn from a seed that is printed; a failure names the request so that it can be sent again by hand.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import time
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
import schemathesis
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable

from gezhi.engines.access import grants_of
from gezhi.kernel.actors import Actor, public
from gezhi.surfaces.api import http

from .conftest import MADE, actor
from .factory import CannotMake, many

SECONDS = float(os.environ.get("FUZZ_SECONDS", "15"))
SEED = int(os.environ.get("FUZZ_SEED", "7"))
EXAMPLES = 2 if SECONDS < 60 else 20
ROLES = ("admin", "dispatcher", "unit_clerk", "grid_member")


class _Undo(Exception):
    """Ends a request's transaction without keeping what it wrote."""


def everybody() -> dict[str, Any]:
    """A citizen, somebody of each role, and a person who may do anything."""
    almighty = Actor(kind="staff", name="契约", user_id=1, post_id=1, role="admin", unit_id=1, unit_path="/",
                     area="3205", grants={"*": ("all",)}, strong=True)
    return {"nobody": public(grants_of("public")), "almighty": almighty, **{role: actor(role) for role in ROLES}}


def request_of(case: Any) -> tuple[str, str, bytes, str]:
    """Method, address, body and its type of what schemathesis drew."""
    path = case.path
    for name, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    query = urlencode(case.query or {}, doseq=True)
    body = case.body
    if body is None or type(body).__name__ == "NotSet":
        data = b""
    elif isinstance(body, bytes):
        data = body
    else:
        data = json.dumps(body, default=str).encode("utf-8", "replace")  # also numbers beyond 64 bits
    return case.method, f"/api/v1{path}" + (f"?{query}" if query else ""), data, case.media_type or "application/json"


def send(client: Client, case: Any) -> tuple[int, str]:
    """The status of the answer, and the request in words; whatever it wrote is undone."""
    method, address, data, media = request_of(case)
    headers = {f"HTTP_{k.upper().replace('-', '_')}": str(v).encode("latin-1", "ignore").decode("latin-1")
               for k, v in (case.headers or {}).items() if k.lower() not in ("authorization", "cookie")}
    status = 0
    try:
        with transaction.atomic():
            response = client.generic(method, address, data, content_type=media, **headers)
            status = response.status_code
            if getattr(response, "streaming", False):
                b"".join(response.streaming_content)
            raise _Undo
    except _Undo:
        pass
    return status, f"{method} {address[:300]} {data[:500]!r}"


def tries(operation: Any, number: int) -> list[Any]:
    """What schemathesis draws for an operation."""
    drawn: list[Any] = []

    @seed(number)
    @settings(max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def draw(case: Any) -> None:
        drawn.append(case)

    try:
        draw()
    except Unsatisfiable:
        return []
    return drawn


@pytest.mark.django_db
def test_no_request_makes_the_api_fail(monkeypatch):
    for register in MADE:
        with contextlib.suppress(CannotMake):
            many(register, 1)
    people = everybody()
    client = Client(raise_request_exception=False)
    client.handler.enforce_csrf_checks = False
    document = orjson.loads(client.get("/api/v1/openapi.json").content)
    schema = schemathesis.openapi.from_dict(document)
    rng = random.Random(SEED)
    operations = [result.ok() for result in schema.get_all_operations()]
    turns = [(operation, name) for name in people for operation in operations]
    rng.shuffle(turns)
    # each operation once before any has its second turn
    seen: dict[str, int] = {}
    order = []
    for turn in turns:
        label = turn[0].label
        seen[label] = seen.get(label, 0) + 1
        order.append((seen[label], turn))
    order.sort(key=lambda pair: pair[0])
    end, sent, failed, met = time.monotonic() + SECONDS, 0, [], set()
    for _round, (operation, name) in order:
        if time.monotonic() > end:
            break
        monkeypatch.setattr(http, "actor_of", lambda _request, who=people[name]: who)
        for case in tries(operation, rng.randrange(2**32)):
            status, words = send(client, case)
            sent += 1
            met.add(operation.label)
            if status >= 500:
                failed.append(f"{status} as {name}: {words}")
        assert connection.connection is not None
    print(f"\nfuzz: {sent} requests, {len(met)} of {len(operations)} operations, seed {SEED}, {len(failed)} failed")
    assert sent > 50
    assert not failed, "\n".join(failed[:20])
