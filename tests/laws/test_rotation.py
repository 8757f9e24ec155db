"""Changing keys: everything is under the new one afterwards, nothing is lost, a stop half-way is no harm."""

from __future__ import annotations

import base64
import secrets

import pytest
from allauth.mfa.models import Authenticator
from click.testing import CliRunner
from django.db import connection
from django.test import override_settings

from gezhi.config.archive import opens
from gezhi.config.commands import keys
from gezhi.engines.history import verify
from gezhi.engines.privacy import rotation
from gezhi.foundation.units.models import Staff
from gezhi.kernel import seal
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Unavailable
from gezhi.kernel.records import History
from gezhi.surfaces.account.adapter import FactorAdapter

pytestmark = pytest.mark.django_db


def fresh_key():
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def two_keys(settings):
    """Gives a function that adds a key."""
    def add():
        settings.GEZHI_KEY_FILE = ""
        settings.GEZHI_FIELD_KEYS = [*settings.GEZHI_FIELD_KEYS, fresh_key()]
    return add


def staff(count):
    return [write(SYSTEM, "create", Staff, {"username": f"r{n}", "name": f"职员{n}", "phone": f"1390000{n:04d}"})
            for n in range(count)]


def raw(pk):
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, phone_index FROM units_staff WHERE id = %s", [pk])
        return [bytes(v) for v in cursor.fetchone()]


def test_everything_is_sealed_anew_and_reads_as_before(two_keys):
    people = staff(7)
    before = raw(people[0].pk)
    two_keys()
    assert dict(rotation.status())["units_staff"] >= 7
    assert rotation.rotate(batch=3) >= 7
    assert not any(left for _name, left in rotation.status())
    after = raw(people[0].pk)
    assert (before[0][:1], after[0][:1]) == (b"\x00", b"\x01") and before[1] == after[1], "the blind index stays"
    for n, one in enumerate(people):
        one.refresh_from_db()
        assert one.phone == f"1390000{n:04d}" and verify(one).whole
    assert Staff.objects.get(phone_index=seal.blind("13900000003")).pk == people[3].pk
    noted = History.objects.filter(register="staff", verb="rotate").get()
    assert noted.changes["key"] == 1 and noted.changes["count"] >= 7


def test_a_stop_half_way_is_gone_on_from(two_keys):
    staff(7)
    two_keys()
    whole = sum(left for _name, left in rotation.status())
    assert rotation.rotate(batch=2, most=4) == 4
    assert sum(left for _name, left in rotation.status()) == whole - 4
    assert rotation.rotate(batch=2) == whole - 4
    assert rotation.rotate() == 0


def test_a_batch_that_fails_undoes_itself_alone(two_keys, monkeypatch):
    people = staff(4)
    two_keys()
    plain, tries = seal.decrypt, iter([True, True, True, False])

    def failing(blob):
        if not next(tries, True):
            raise Unavailable("locked")
        return plain(blob)

    monkeypatch.setattr(rotation.seal, "decrypt", failing)
    with pytest.raises(Unavailable):
        rotation.rotate(batch=2)
    monkeypatch.undo()
    assert [raw(p.pk)[0][0] for p in people].count(0) >= 1
    for one in people:
        one.refresh_from_db()
        assert one.phone.startswith("139")


def test_second_factors_are_sealed_anew_too(two_keys):
    person, adapter = staff(1)[0], FactorAdapter()
    one = Authenticator.objects.create(user=person, type="totp", data={"secret": adapter.encrypt("ABCDEFGH")})
    codes = Authenticator.objects.create(user=person, type="recovery_codes", data={
        "migrated_codes": [adapter.encrypt("11112222")], "used_mask": 0})
    two_keys()
    rotation.rotate()
    one.refresh_from_db()
    codes.refresh_from_db()
    assert base64.b64decode(one.data["secret"])[:1] == b"\x01" and adapter.decrypt(one.data["secret"]) == "ABCDEFGH"
    assert adapter.decrypt(codes.data["migrated_codes"][0]) == "11112222" and codes.data["used_mask"] == 0


def test_a_running_process_notices_a_new_key_in_the_file(settings, tmp_path):
    first, second = secrets.token_hex(32), secrets.token_hex(32)
    file = tmp_path / "field.key"
    file.write_text(first)
    with override_settings(GEZHI_FIELD_KEYS=[base64.urlsafe_b64encode(bytes.fromhex(first)).decode()],
                           GEZHI_KEY_FILE=str(file)):
        old = seal.encrypt("甲")
        file.write_text(f"{first}\n{second}\n")
        assert seal.newest() == 1
        new = seal.encrypt("乙")
        assert (old[0], new[0]) == (0, 1) and seal.decrypt(old) == "甲" and seal.decrypt(new) == "乙"
        file.write_text(second)
        assert seal.newest() in (0, 1) and seal.decrypt(old) == "甲", "a file that lost the first key is not believed"


def test_a_value_under_an_unknown_key_says_what_to_do():
    with pytest.raises(Unavailable) as caught:
        seal.decrypt(b"\x09" + seal.encrypt("甲")[1:])
    assert "keys/field.key" in str(caught.value.hint)


@pytest.mark.parametrize(("ours", "theirs", "fits"), [
    ("a", "a", True), ("a,b", "a", True), ("a", "a,b", False), ("b", "a", False), ("a", "", False)])
def test_an_older_backup_fits_a_newer_ring(ours, theirs, fits):
    assert opens(ours, theirs) is fits


def test_the_command_refuses_a_key_that_stands_in_the_environment(monkeypatch):
    class Given:
        keys_kept = False

    monkeypatch.setattr(keys, "load", Given)
    answer = CliRunner().invoke(keys.command, ["new"])
    assert answer.exit_code and "GEZHI_FIELD_KEY" in str(answer.exception)


def test_the_command_appends_a_key_and_keeps_the_file_closed(monkeypatch, tmp_path):
    file = tmp_path / "field.key"
    file.write_text("a" * 64)

    class Given:
        keys_kept, key_file, field_keys = True, file, ["a" * 64]

    monkeypatch.setattr(keys, "load", Given)
    assert CliRunner().invoke(keys.command, ["new"]).exit_code == 0
    first, second = file.read_text().split()
    assert first == "a" * 64 and len(second) == 64 and second != first
    assert file.stat().st_mode & 0o777 == 0o600
