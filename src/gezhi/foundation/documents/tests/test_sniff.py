"""What a file is, whatever it says it is."""

import io
import zipfile

import pytest

from gezhi.foundation.documents.errors import ActiveContent, Bomb, Damaged, Empty, TooLarge, WrongType
from gezhi.foundation.documents.media import has_video, measure
from gezhi.foundation.documents.policy import TYPES, Kind, Policy
from gezhi.foundation.documents.sniff import safe_name, sniff

from . import samples

OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
GOOD = {
    "image/jpeg": samples.picture(),
    "image/png": samples.picture("PNG"),
    "image/webp": samples.picture("WEBP"),
    "image/gif": samples.picture("GIF"),
    "image/bmp": samples.picture("BMP"),
    "image/heic": samples.picture("HEIF"),
    "audio/mpeg": samples.mp3(),
    "audio/mp4": samples.mp4([b"soun"]),
    "audio/aac": samples.aac(),
    "audio/ogg": samples.ogg(),
    "audio/webm": samples.webm(video=False),
    "audio/wav": samples.wav(),
    "audio/amr": samples.amr(),
    "video/mp4": samples.mp4(),
    "video/quicktime": samples.mp4(brand=b"qt  "),
    "video/3gpp": samples.mp4(brand=b"3gp4"),
    "video/webm": samples.webm(),
    "application/pdf": b"%PDF-1.7\n1 0 obj\n",
    "application/ofd": samples.packed({"OFD.xml": b"<ofd/>", "Doc_0/Document.xml": b"<d/>"}),
    "text/plain": "路灯不亮，请处理。\n".encode(),
    "text/csv": "编号,名称\n1,井盖\n2,路灯\n".encode("gb18030"),
    "application/msword": samples.ole("WordDocument", "1Table", "Data", "SummaryInformation"),
    "application/vnd.ms-excel": samples.ole("Workbook"),
    "application/vnd.ms-powerpoint": samples.ole("Pictures", "Current User", "x", "PowerPoint Document"),
    OOXML + "wordprocessingml.document": samples.ooxml("word/document.xml"),
    OOXML + "spreadsheetml.sheet": samples.ooxml("xl/workbook.xml"),
    OOXML + "presentationml.presentation": samples.ooxml("ppt/presentation.xml"),
    ODF + "text": samples.packed({"mimetype": (ODF + "text").encode(), "content.xml": b"<x/>"}),
    ODF + "spreadsheet": samples.packed({"mimetype": (ODF + "spreadsheet").encode()}),
    ODF + "presentation": samples.packed({"mimetype": (ODF + "presentation").encode()}),
}


def test_there_is_a_sample_of_every_type():
    assert set(GOOD) == set(TYPES)


@pytest.mark.parametrize("mime", GOOD)
def test_every_type_is_told_by_content_whatever_its_name(mime):
    name = "名单.csv" if mime == "text/csv" else "evil.html"
    found = sniff(io.BytesIO(GOOD[mime]), name)
    assert (found.mime, found.kind) == (mime, TYPES[mime][0])
    assert found.size == len(GOOD[mime])
    assert found.name.endswith("." + TYPES[mime][1])


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><p>",
        b"\xef\xbb\xbf \n<HTML>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<?xml version="1.0"?><svg/>',
        b"<?php phpinfo();",
        b"harmless words first <script>alert(1)</script>",
        "\ufeff<html>".encode("utf-16"),
        b"#!/bin/sh\nrm -rf /\n",
        b"@echo off\r\n",
        b"{\\rtf1 }",
        b"%!PS-Adobe-3.0\n",
        b"MZ" + b"\0" * 300,
        b"\x7fELF" + b"\0" * 300,
        samples.packed({"[Content_Types].xml": b"x", "word/document.xml": b"x", "word/vbaProject.bin": b"x"}),
        samples.ooxml("xl/workbook.bin"),
        samples.packed({"mimetype": (ODF + "text").encode(), "Basic/Standard/Module1.xml": b"x"}),
        samples.ole("WordDocument", "Macros", "_VBA_PROJECT"),
        samples.ole("Workbook", "_VBA_PROJECT_CUR"),
    ],
)
def test_whatever_can_run_is_refused(content):
    with pytest.raises(ActiveContent):
        sniff(io.BytesIO(content), "report.docx")


@pytest.mark.parametrize(
    "content",
    [
        samples.packed({"a.txt": b"x"}),
        b"Rar!\x1a\x07\x00" + b"\0" * 50,
        b"\0\1\2\3" * 100,
        b"\0\0\0\x18ftypavif" + b"\0" * 100,
        samples.ole("Something"),
        b"PK\x05\x06" + b"\0" * 18,
        samples.packed({"mimetype": b"application/epub+zip"}),
        samples.packed({"mimetype": b"text/html"}),
        b"\0\0\0\x18ftyphevc" + b"\0" * 100,
        b"\0\0\0\x18ftypmif1\0\0\0\0avif" + b"\0" * 100,
        b"SQLite format 3\0" + b"\0" * 100,
    ],
)
def test_other_types_are_refused(content):
    with pytest.raises(WrongType):
        sniff(io.BytesIO(content), "photo.jpg")


def test_an_iphone_photo_is_taken_as_it_comes():
    found = sniff(io.BytesIO(b"\0\0\0\x18ftypheic" + b"\0" * 100), "IMG_1.jpg")
    assert (found.mime, found.name) == ("image/heic", "IMG_1.jpg.heic")


def test_empty_and_too_large():
    with pytest.raises(Empty):
        sniff(io.BytesIO(b""), "a.jpg")
    narrow = Policy(max_bytes=dict.fromkeys(Kind, 100))
    with pytest.raises(TooLarge, match="最大 100 B"):
        sniff(io.BytesIO(samples.picture()), "a.jpg", narrow)


def test_policy_narrows_the_types():
    with pytest.raises(WrongType):
        sniff(io.BytesIO(GOOD["application/pdf"]), "a.pdf", Policy(types=frozenset({"image/jpeg"})))


def test_bombs_are_refused_by_their_directory():
    zeros = samples.ooxml("word/document.xml", word__media=b"\0" * 5_000_000)
    with pytest.raises(Bomb):
        sniff(io.BytesIO(zeros), "a.docx")
    many = samples.packed({"[Content_Types].xml": b""} | {f"x{i}": b"" for i in range(60)})
    with pytest.raises(Bomb):
        sniff(io.BytesIO(many), "a.docx", Policy(max_entries=50))
    with pytest.raises(Bomb):
        sniff(io.BytesIO(GOOD[OOXML + "wordprocessingml.document"]), "a.docx", Policy(max_unpacked=3))


def test_overlapping_entries_are_a_bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("[Content_Types].xml", b"a" * 1000)
        archive.writestr("word/document.xml", b"b" * 1000)
        for entry in archive.infolist():
            entry.header_offset = 0
    with pytest.raises(Bomb):
        sniff(io.BytesIO(out.getvalue()), "a.docx")


@pytest.mark.parametrize(
    "content",
    [
        GOOD[OOXML + "spreadsheetml.sheet"][:-30],
        samples.ole("WordDocument")[:600],
        samples.ole("WordDocument")[:100],
        samples.mp4()[:-200],
        samples.webm()[:30],
    ],
)
def test_cut_off_containers_are_damaged(content):
    with pytest.raises(Damaged):
        sniff(io.BytesIO(content), "a")


def test_every_type_survives_being_cut_anywhere():
    """Whatever the cut, the answer is an error of ours or a type, never a crash."""
    for content in GOOD.values():
        for cut in (1, 3, 4, 9, 20, 50, len(content) // 2, len(content) - 1):
            stream = io.BytesIO(content[:cut])
            try:
                found = sniff(stream, "a.bin")
                measure(stream, found.mime)
            except (WrongType, Damaged):
                continue
            assert stream.tell() == 0


@pytest.mark.parametrize(
    ("name", "extension", "safe"),
    [
        ("IMG_0001.JPG", "jpg", "IMG_0001.jpg"),
        ("现场 照片.jpeg", "jpg", "现场 照片.jpg"),
        ("../../etc/passwd", "txt", "passwd.txt"),
        ("C:\\Users\\王\\报告.docx", "docx", "报告.docx"),
        ("a.exe", "jpg", "a.exe.jpg"),
        ("photo\u202egpj.exe", "jpg", "photogpj.exe.jpg"),
        ("a\r\nSet-Cookie: x.txt", "txt", "aSet-Cookie_ x.txt"),
        ("", "png", "file.png"),
        ("...", "png", "file.png"),
        (".png", "png", "file.png"),
        ("字" * 300 + ".pdf", "pdf", "字" * 120 + ".pdf"),
    ],
)
def test_safe_names(name, extension, safe):
    assert safe_name(name, extension) == safe


@pytest.mark.parametrize(
    ("mime", "seconds", "size"),
    [
        ("video/mp4", 12.5, (640, 360)),
        ("audio/mp4", 12.5, (None, None)),
        ("video/webm", 2.5, (320, 240)),
        ("audio/webm", 2.5, (None, None)),
        ("audio/wav", 2.0, (None, None)),
        ("audio/ogg", 3.0, (None, None)),
        ("audio/mpeg", 100 * 1152 / 44100, (None, None)),
        ("audio/amr", 3.0, (None, None)),
        ("audio/aac", 50 * 1024 / 44100, (None, None)),
        ("text/plain", None, (None, None)),
    ],
)
def test_length_and_frame_size(mime, seconds, size):
    found = measure(io.BytesIO(GOOD[mime]), mime)
    assert found.seconds == (None if seconds is None else pytest.approx(seconds, rel=0.01))
    assert (found.width, found.height) == size


@pytest.mark.parametrize("each", [True, False])
def test_a_recording_in_fragments_is_summed(each):
    content = samples.fragmented(5, 50, each)
    found = sniff(io.BytesIO(content), "voice.mp4")
    assert (found.mime, found.name) == ("audio/mp4", "voice.mp4.m4a")
    assert measure(io.BytesIO(content), "audio/mp4").seconds == 5.0
    assert measure(io.BytesIO(content[:-700]), "audio/mp4").seconds < 5.0


def test_a_phone_held_upright_and_a_finished_webm():
    found = measure(io.BytesIO(samples.mp4(turned=True)), "video/mp4")
    assert (found.width, found.height) == (360, 640)
    assert measure(io.BytesIO(samples.webm(live=False)), "video/webm").seconds == 4.0
    assert has_video(io.BytesIO(samples.webm()))
    assert not has_video(io.BytesIO(samples.webm(video=False)))
