"""A class that a template names is known to a style sheet or a script: an unknown one is drawn as nothing."""

from __future__ import annotations

import re
from pathlib import Path

import gezhi

SOURCE = Path(gezhi.__file__).parent
STATIC = SOURCE / "ui" / "static"
CODE = re.compile(r"\{%.*?%\}|[\w-]*\{\{.*?\}\}[\w-]*")
"""Template code inside an attribute, with what is glued to a value of it."""


def known() -> set[str]:
    styles = "\n".join(path.read_text() for path in (STATIC / "css").rglob("*.css"))
    scripts = "\n".join(path.read_text() for path in (STATIC / "islands").rglob("*.js"))
    return set(re.findall(r"\.([A-Za-z][\w-]*)", styles)) | set(re.findall(r"[\w-]+", scripts))


def named(text: str) -> set[str]:
    """The classes of a template that stand there as they are."""
    plain = CODE.sub(" ", re.sub(r'\{% *translate "[^"]*" *%\}|\{% *url [^%]*%\}', " ", text))
    return {one for value in re.findall(r'class="([^"]*)"', plain) for one in value.split()}


def test_templates_name_classes_that_are_known():
    classes, found = known(), 0
    unknown = []
    for path in SOURCE.rglob("templates/**/*.html"):
        names = named(path.read_text())
        found += len(names)
        unknown += [(path.name, one) for one in sorted(names - classes)]
    assert found > 500
    assert not unknown


def test_a_class_that_nobody_knows_is_found():
    assert named('<p class="muted {% if x %}tall{% endif %} is-{{ y }} nobody-knows">') - known() == {"nobody-knows"}
