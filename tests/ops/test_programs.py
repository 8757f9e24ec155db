"""Requests with a key go a shorter way than pages: what every answer needs must still be there."""

import io
import json

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings

from gezhi.config.wsgi import application
from gezhi.kernel.actors import SYSTEM
from gezhi.surfaces.api.app_key import issue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_connection():
    """The test's own transaction is open on it: the handler must not tidy it away between requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def ask(path, key=None, method="GET", data=None, host="testserver", **more):
    body = json.dumps(data).encode() if data is not None else b""
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": host,
               "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": host, "wsgi.url_scheme": "http",
               "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "CONTENT_LENGTH": str(len(body)),
               "CONTENT_TYPE": "application/json", "REMOTE_ADDR": "127.0.0.1", **more}
    if key:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    got = {}
    answer = application(environ, lambda status, headers: got.update(status=int(status[:3]), headers=dict(headers)))
    return got["status"], got["headers"], b"".join(answer)


@pytest.fixture
def key(db):
    return issue(SYSTEM, {"name": "短路", "per_minute": 0, "grants": {"unit.view": ["all"]}})[1]


def test_answers_carry_what_pages_carry(key):
    status, headers, body = ask("/api/v1/registers", key)
    assert status == 200 and json.loads(body)
    assert {"X-Request-Id", "X-Content-Type-Options", "Content-Security-Policy", "X-Frame-Options"} <= set(headers)
    assert headers["Content-Length"] == str(len(body)) and "Set-Cookie" not in headers
    _status, page, _body = ask("/account/login/")
    assert {n for n in headers if n.startswith("X-") or "Policy" in n} >= {
        n for n in page if n.startswith("X-") or "Policy" in n} - {"Content-Security-Policy"}


def test_map_services_go_the_same_way(key):
    status, headers, body = ask("/ogc/v1/collections", key)
    assert status == 200 and "unit" in {c["id"] for c in json.loads(body)["collections"]}
    assert {"X-Request-Id", "X-Content-Type-Options", "Content-Security-Policy"} <= set(headers)
    assert "Set-Cookie" not in headers and headers["Access-Control-Allow-Origin"] == "*"


def test_wrong_key_foreign_host_unknown_address_and_posts_are_refused(key):
    assert ask("/api/v1/registers", "gzk_nobody")[0] == 401
    with override_settings(ALLOWED_HOSTS=["gezhi.example"]):
        assert ask("/api/v1/registers", key, host="evil.example")[0] == 400
    assert ask("/api/v1/registers/nothing", key)[0] == 404
    assert ask("/api/v1/me/post", key, "POST", {"post": 1})[0] == 422
    assert ask("/api/v1/registers/staff", key)[0] in (403, 404)


def test_a_key_opens_no_page(key):
    status, _headers, _body = ask("/desk/", key)
    assert status == 302


def test_the_answer_is_in_the_installations_language(key):
    english = {"HTTP_COOKIE": "django_language=en"}
    assert b'lang="en"' in ask("/account/login/", CONTENT_TYPE="", **english)[2]  # the thread now speaks English
    assert "密钥" in json.loads(ask("/api/v1/registers", "gzk_nobody", **english)[2])["message"]
