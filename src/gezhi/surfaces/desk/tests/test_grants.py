"""The editor of a role: what it shows, changes, refuses, and puts back."""

from __future__ import annotations

import pytest

from gezhi.foundation.units.models import Role

from .people import client, person

pytestmark = pytest.mark.django_db


def role(code):
    return Role.objects.get(code=code)


def test_an_administrator_changes_a_permission_and_puts_it_back():
    admin = client(person("admin"))
    gardener = client(person("gardener", area="320508"))
    one = role("gardener")
    url = f"/desk/role/{one.pk}/grants"
    assert gardener.get("/desk/tree/export.csv").status_code == 200
    page = admin.get(f"{url}?register=tree").content.decode()
    assert 'name="tree.export" value="area"' in page and "已改" not in page
    kept = {"tree.view": "area", "tree.change": "area", "tree.fall_ill": "area", "version": one.version}
    assert admin.post(f"{url}?register=tree", kept).status_code == 302
    one.refresh_from_db()
    assert one.overlay["tree.export"] == [] and "tree.view" not in one.overlay, "what equals the default is no edit"
    assert gardener.get("/desk/tree/export.csv").status_code == 403
    assert admin.post(f"{url}?register=tree", kept).status_code == 409, "an old page overwrites nothing"
    shown = admin.get(url).content.decode()
    assert "已改" in shown and "沈静怡" in shown and "恢复默认" in shown
    assert admin.post(url, {"reset": "tree.export", "version": one.version}).status_code == 302
    assert gardener.get("/desk/tree/export.csv").status_code == 200
    assert admin.post(url, {"reset": "*"}).status_code == 302
    one.refresh_from_db()
    assert one.overlay == {}


def test_others_may_look_but_not_change_and_nobody_locks_the_last_door():
    clerk, admin = client(person("unit_clerk")), client(person("admin"))
    url = f"/desk/role/{role('unit_clerk').pk}/grants"
    assert "不能修改" in clerk.get(url).content.decode()
    assert clerk.post(f"{url}?register=case", {"case.view": "all"}).status_code == 403
    assert not role("unit_clerk").overlay
    own = admin.post(f"/desk/role/{role('admin').pk}/grants?register=role", {"role.view": "all"})
    assert own.status_code == 422 and "改回来" in own.content.decode() and not role("admin").overlay
