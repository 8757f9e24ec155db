"""A program with a key and a person with a session, both gardeners of the small house."""

import orjson
import pytest
from django.test import Client

from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.surfaces.api import app_key

GRANTS = {"tree.view": ["area"], "tree.create": ["area"], "tree.change": ["area"], "tree.plant": ["area"],
          "tree.fall_ill": ["area"], "tree.heal": ["area"], "tree.remove": ["area"]}


class Caller:
    """Calls the API as a program does."""

    def __init__(self, key=""):
        self.client = Client(raise_request_exception=True)
        self.headers = {"HTTP_AUTHORIZATION": f"Bearer {key}"} if key else {}

    def __call__(self, method, path, body=None, raw=None, **headers):
        data = raw if raw is not None else (b"" if body is None else orjson.dumps(body))
        extra = {f"HTTP_{k.upper()}": v for k, v in headers.items()}
        response = self.client.generic(method, f"/api/v1/{path}", data, content_type="application/json",
                                       **self.headers, **extra)
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return response.status_code, orjson.loads(response.content) if is_json and response.content else response


@pytest.fixture(autouse=True)
def fresh():
    app_key._kept.clear()
    app_key._used.clear()


@pytest.fixture
def key(db):
    return app_key.issue(SYSTEM, {"name": "园林系统", "area_code": "320508", "grants": GRANTS, "per_minute": 0})


@pytest.fixture
def call(key):
    return Caller(key[1])


@pytest.fixture
def person(db):
    unit = write(SYSTEM, "create", Unit, {"code": "U1", "name": "园林局", "kind": "department", "level": "city",
                                          "area_code": "3205"})
    staff = write(SYSTEM, "create", Staff, {"username": "zhang", "name": "张演示"})
    post = write(SYSTEM, "create", Post, {"staff": staff, "unit": unit, "area_code": "320508",
                                          "role": Role.objects.get(code="admin")})
    return staff, post


@pytest.fixture
def caller():
    return Caller
