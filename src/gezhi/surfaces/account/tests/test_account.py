"""Sign-in: lock-out, log, second factor for privileged posts, password rules, sessions."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from gezhi.foundation.units.models import Post, Role, SignIn, Staff, Unit
from gezhi.foundation.units.signin import NAME_LIMIT
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write

pytestmark = pytest.mark.django_db
GOOD = "Sunny-River-2026"


@pytest.fixture
def person():
    def make(role, username="wang"):
        unit = Unit.objects.first() or write(SYSTEM, "create", Unit, {
            "code": "A", "name": "中心", "kind": "centre", "level": "city", "area_code": "3205"})
        staff = write(SYSTEM, "create", Staff, {"username": username, "name": "王演示"})
        staff.set_password(GOOD)
        staff.save()
        write(SYSTEM, "create", Post, {"staff": staff, "unit": unit, "role": Role.objects.get(code=role)})
        return staff
    return make


def sign_in(client, password=GOOD, username="wang"):
    return client.post("/account/login/", {"login": username, "password": password})


def test_sign_in_is_logged_and_opens_a_session(person):
    person("acceptor")
    client = Client()
    assert client.get("/account/login/").status_code == 200
    assert sign_in(client).status_code == 302
    assert client.get("/account/me/").status_code == 200
    assert client.get("/account/sessions/").status_code == 200
    assert list(SignIn.objects.values_list("result", flat=True)) == ["ok"]


def test_wrong_passwords_lock_the_name_out_even_for_the_right_one(person):
    person("acceptor")
    for _i in range(NAME_LIMIT):
        assert "gezhi_post" not in str(sign_in(Client(), "wrong").content)
    page = sign_in(Client())
    assert page.status_code == 200 and "分钟后再试" in page.content.decode()
    assert SignIn.objects.filter(result="wrong").count() == NAME_LIMIT
    assert SignIn.objects.filter(result="locked").count() == 1


def test_privileged_post_must_set_up_a_second_factor_then_give_it(person):
    boss = person("shift_leader")
    client = Client()
    sign_in(client)
    assert client.get("/").headers.get("Location", "").endswith("/account/2fa/totp/activate/")
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(boss, secret)
    assert secret not in str(Authenticator.objects.get(user=boss).data)
    client = Client()
    page = sign_in(client)
    assert page.headers["Location"].endswith("/account/2fa/authenticate/")
    assert client.get("/account/me/").status_code == 302
    assert client.post(page.headers["Location"], {"code": "000000"}).status_code == 200
    assert SignIn.objects.filter(result="factor").count() == 1
    now = list(totp.yield_hotp_counters_from_time())
    code = totp.format_hotp_value(totp.hotp_value(secret, now[len(now) // 2]))
    assert client.post(page.headers["Location"], {"code": code}).status_code == 302
    assert client.get("/account/me/").status_code == 200
    from gezhi.foundation.units.actors import strong

    assert strong(client.session)


@pytest.mark.parametrize("password", ["short1A!", "alllowercaseletters", "wangwangwang", "1234567890"])
def test_weak_passwords_are_refused(password, person):
    with pytest.raises(ValidationError):
        validate_password(password, person("acceptor"))


def test_first_password_must_be_changed(person):
    staff = person("acceptor")
    write(SYSTEM, "change", staff, {"must_change_password": True})
    client = Client()
    sign_in(client)
    assert client.get("/").headers["Location"].endswith("/account/password/change/")
    client.post("/account/password/change/", {"oldpassword": GOOD, "password1": "Other-River-2027",
                                              "password2": "Other-River-2027"})
    staff.refresh_from_db()
    assert staff.check_password("Other-River-2027") and not staff.must_change_password


def test_nobody_signs_up():
    assert "password1" not in Client().get("/account/signup/").content.decode()
