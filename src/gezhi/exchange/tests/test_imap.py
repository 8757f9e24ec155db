"""The mailbox adapter on a real IMAP server: Dovecot, run here as a process of its own, without rights or network."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from gezhi.domains.cases.public import Case
from gezhi.exchange import mailbox, places
from gezhi.exchange.adapter import Adapter, ExchangeLog
from gezhi.foundation.documents.models import Document
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write

DOVECOT = shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot")
pytestmark = [pytest.mark.django_db(transaction=True),
              pytest.mark.skipif(DOVECOT is None, reason="Debian's dovecot-imapd is not installed")]
CONF = """
base_dir = {home}/run
log_path = {home}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
default_internal_user = {inner}
default_login_user = {login}
default_internal_group = {inner_group}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
passdb {{
  driver = static
  args = password=geheim-geheim-1
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


@pytest.fixture(scope="module")
def server():
    # pytest's own folders are closed to others, and Dovecot reads a mailbox as somebody else than root
    with tempfile.TemporaryDirectory(prefix="gezhi-imap-", dir="/tmp", ignore_cleanup_errors=True) as made:
        home = Path(made)
        home.chmod(0o755)
        yield from serving(home)


def serving(home):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    me, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    names = dict.fromkeys(("user", "inner", "login"), me) | dict.fromkeys(("group", "inner_group"), group)
    if os.getuid() == 0:  # Dovecot will not serve as root: the users of its Debian package do
        names = {"user": "nobody", "group": "nogroup", "inner": "dovecot", "inner_group": "dovecot",
                 "login": "dovenull"}
    (home / "mail").mkdir()
    (home / "mail").chmod(0o777)
    conf = home / "dovecot.conf"
    conf.write_text(CONF.format(home=home, port=port, **names))
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(conf)])
    for _try in range(100):
        try:
            imaplib.IMAP4("127.0.0.1", port, timeout=2).logout()
            break
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.1)
    else:
        process.terminate()
        pytest.fail((home / "log").read_text()[-500:])
    yield port
    process.terminate()
    process.wait(10)


@pytest.fixture
def box(server, monkeypatch, request):
    """A mailbox of its own for each test, and the adapter that reads it."""
    monkeypatch.setattr(places, "_counties", lambda: ("3205", ("320505",)))
    user = f"u{abs(hash(request.node.name)) % 10**9}"
    write(SYSTEM, "create", Adapter, {"code": "box", "name": "领导信箱", "mode": "mail", "secret": "geheim-geheim-1",
                                      "endpoint": f"imap://{user}@127.0.0.1:{server}/INBOX", "mapping": {}})

    def put(*letters):
        with imaplib.IMAP4("127.0.0.1", server) as there:
            there.login(user, "geheim-geheim-1")
            for one in letters:
                state, said = there.append("INBOX", None, None, one if isinstance(one, bytes) else one.as_bytes())  # type: ignore[arg-type]
                assert state == "OK", said

    return put


def letter(key, subject="夜间施工噪声", text="夜里施工，无法休息。", **heads):
    out = EmailMessage()
    out["From"], out["To"], out["Subject"] = "王演示 <w@example.org>", "box@example.org", subject
    out["Message-ID"] = f"<{key}@example.org>"
    for name, value in heads.items():
        out[name.replace("_", "-")] = value
    out.set_content(text)
    return out


GB = ("From: =?gb18030?B?zfXR3cq+?= <w@example.org>\r\nSubject: =?gb18030?B?wre1xrK7wcE=?=\r\n"
      "Message-ID: <gb@example.org>\r\nContent-Type: text/plain; charset=gb18030\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\n").encode("ascii") + "路灯不亮，㐂字路口。\r\n".encode("gb18030")
BROKEN = [b"\xff\xfe\x00 not a letter at all", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nno end",
          b"From: <<@@>>\r\nSubject: =?utf-8?B?####?=\r\nMessage-ID: <\r\n"
          b"Content-Type: text/plain; charset=nonsense\r\n\r\n\x80\x81"]


def test_chinese_attachments_gb18030_and_what_was_read_is_marked(box):
    full = letter("a")
    full.add_attachment("现场说明，夜里十一点。\n".encode(), maintype="text", subtype="plain", filename="说明.txt")
    box(full, GB)
    assert mailbox.collect() == {"acked": 2} and mailbox.collect() == {}
    one, other = Case.objects.order_by("id")
    assert one.title == "夜间施工噪声" and Document.objects.get().name == "说明.txt" and len(one.photos) == 1
    assert other.title == "路灯不亮" and "㐂字路口" in other.content and other.reporter_name == "王演示"


def test_a_message_id_makes_one_case(box):
    box(letter("a"), letter("a"))
    assert mailbox.collect() == {"acked": 1, "repeated": 1} and Case.objects.count() == 1
    box(letter("a"))
    assert mailbox.collect() == {"repeated": 1}


def test_an_answer_is_added_to_its_open_case_unless_somebody_else_sends_it(box):
    box(letter("a"))
    mailbox.collect()
    other = letter("c", text="与我无关", In_Reply_To="<a@example.org>")
    other.replace_header("From", "李演示 <l@example.org>")
    box(letter("b", "Re: 夜间施工噪声", "昨夜又施工。", In_Reply_To="<a@example.org>",
               References="<z@example.org> <a@example.org>"), other,
        letter("d", text="没有上文", In_Reply_To="<nowhere@example.org>"))
    assert mailbox.collect() == {"acked": 3}
    assert sorted(Case.objects.values_list("source_key", flat=True)) == [
        "a@example.org", "c@example.org", "d@example.org"]
    from gezhi.engines.history import timeline

    rows = timeline(Case.objects.get(source_key="a@example.org"))
    assert ["昨夜又施工" in r.opinion for r in rows if r.verb == "supplement"] == [True]


def test_broken_letters_do_not_stop_the_others(box):
    box(*BROKEN, letter("good"))
    count = mailbox.collect()
    assert sum(count.values()) == 4 and Case.objects.filter(source_key="good@example.org").exists()
    assert mailbox.collect() == {}, "none is read for ever"


def test_a_connection_lost_in_the_middle_loses_and_doubles_nothing(box, monkeypatch):
    box(letter("a"), letter("b"), letter("c"))
    store, times = imaplib.IMAP4.store, []

    def cut(server, *args):
        times.append(1)
        if len(times) == 2:
            server.sock.shutdown(socket.SHUT_RDWR)
        return store(server, *args)

    monkeypatch.setattr(imaplib.IMAP4, "store", cut)
    assert mailbox.collect() == {"acked": 2}
    assert Adapter.objects.get().problem
    assert mailbox.collect() == {"repeated": 1, "acked": 1}
    assert Case.objects.count() == 3 and not Adapter.objects.get().problem


@pytest.mark.parametrize(("change"), [{"secret": "wrong-password"}, {"endpoint": "{}/nowhere"}])
def test_a_wrong_password_or_folder_is_said(box, change):
    box(letter("a"))
    found = Adapter.objects.get()
    values = {n: v.format(found.endpoint.rpartition("/")[0]) for n, v in change.items()}
    write(SYSTEM, "change", found, values)
    assert mailbox.collect() == {} and not ExchangeLog.objects.exists()
    found.refresh_from_db()
    assert found.problem
