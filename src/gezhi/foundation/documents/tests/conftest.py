"""A store of its own for each test, and people who upload."""

import pytest

from gezhi.engines.access import grants_of
from gezhi.foundation.documents import clean, limit, receive, serve
from gezhi.foundation.documents.store import FolderStore
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write


@pytest.fixture
def kept(tmp_path, settings, monkeypatch):
    """The store, on a temporary folder."""
    folder = FolderStore(tmp_path / "documents")
    for module in (receive, serve, clean):
        monkeypatch.setattr(module, "store", lambda: folder)
    settings.GEZHI_UPLOADS = tmp_path / "uploads"
    limit.forget()
    yield folder
    limit.forget()


@pytest.fixture
def people(db):
    """Two gardeners of Wuzhong (320506) and Gusu (320508), and an administrator."""
    from gezhi.foundation.units.models import Staff

    def actor(name: str, role: str, area: str) -> Actor:
        person = write(SYSTEM, "create", Staff, {"username": name, "name": name, "phone": "19900000001"})
        return Actor(kind="staff", name=name, user_id=person.pk, role=role, area=area, grants=grants_of(role))

    return {
        "wang": actor("wang", "gardener", "320508"),
        "li": actor("li", "gardener", "320506"),
        "admin": actor("admin", "admin", "3205"),
    }


@pytest.fixture
def tree(db):
    """A record that documents can belong to, in Gusu."""
    from tests.house.models import Tree

    return write(SYSTEM, "create", Tree, {"code": "T1", "area_code": "320508"})
