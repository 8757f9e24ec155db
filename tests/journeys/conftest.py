"""A browser for the journeys: Chromium without a screen, against the application served by the test itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.house import people

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the thread of the test
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for the journeys of a file. Not longer: while it lives, Playwright's event loop runs in this thread,
    and no other test could run one."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"])
        yield browser
        browser.close()


@pytest.fixture
def gardener(transactional_db, live_server) -> SimpleNamespace:
    """Somebody who tends the trees of one county, with the session of a browser."""
    staff = people.gardener()
    client = Client()
    client.force_login(staff)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    return SimpleNamespace(staff=staff, cookie=cookie, url=live_server.url)


def errors_of(page: Any) -> list[str]:
    """Everything that goes wrong in a page from now on."""
    seen: list[str] = []
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("console", lambda message: seen.append(message.text) if "Content Security Policy" in message.text else None)
    return seen


def until(page: Any, expression: str, seconds: float = 8.0) -> Any:
    """Wait until an expression is true; Playwright's own waiting needs eval, which the policy forbids."""
    for _n in range(int(seconds * 20)):
        value = page.evaluate(expression)
        if value:
            return value
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {expression}")
