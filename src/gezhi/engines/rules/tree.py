"""Conditions: a small typed tree in JSON, read from the rows of a form, checked, and held against one record.

``{"all": [...]}``, ``{"any": [...]}`` or ``{"fact": name, "op": operator, "value": value}``. Nothing in it is code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.errors import Invalid

from .declare import OPERATORS, TIMED, Fact, Subject

Tree = dict[str, Any]


def everything() -> Tree:
    """The tree that holds for every record."""
    return {"all": []}


DEPTH, LEAVES = 4, 60
_SPLIT = re.compile(r"[,，、;；\s]+")


def check(tree: Any, subject: Subject, depth: int = 0) -> Tree:
    """The tree with its values in their types.

    Raises:
        Invalid: the first thing that is wrong, in words.
    """
    if not isinstance(tree, dict) or depth > DEPTH:
        raise Invalid({"conditions": [_("条件的结构不正确")]})
    for word in ("all", "any"):
        if set(tree) == {word} and isinstance(tree[word], list):
            if len(leaves(tree)) > LEAVES:
                raise Invalid({"conditions": [_("条件不能超过 %d 项") % LEAVES]})
            return {word: [check(part, subject, depth + 1) for part in tree[word]]}
    if set(tree) != {"fact", "op", "value"}:
        raise Invalid({"conditions": [_("条件的结构不正确")]})
    fact = subject.fact(str(tree["fact"]))
    if fact is None:
        raise Invalid({"conditions": [_("“%(subject)s”没有“%(fact)s”这一项") % {
            "subject": subject.label, "fact": str(tree["fact"])[:40]}]})
    if tree["op"] not in OPERATORS[fact.type]:
        raise Invalid({"conditions": [_("“%(fact)s”只能用：%(ops)s") % {
            "fact": fact.label, "ops": "、".join(str(w) for w in OPERATORS[fact.type].values())}]})
    return {"fact": fact.name, "op": tree["op"], "value": value_of(fact, tree["value"])}


def value_of(fact: Fact, raw: Any) -> Any:
    """A condition's value in the type of its fact, from JSON or from what a person typed (codes or labels).

    Raises:
        Invalid: it is not such a value.
    """
    if fact.type in TIMED or fact.type == "number":
        return _number(fact, raw)
    parts = [str(p).strip() for p in (raw if isinstance(raw, list) else _SPLIT.split(str(raw or "")))]
    parts = [p for p in dict.fromkeys(parts) if p]
    if not parts:
        raise Invalid({"conditions": [_("请填写“%s”的值") % fact.label]})
    if fact.type == "flag":
        return _flag(fact, parts[0])
    if fact.type == "prefix":
        return [_prefix(fact, part) for part in parts]
    return [_choice(fact, part) for part in parts]


def _number(fact: Fact, raw: Any) -> float:
    try:
        number = float(str(raw).strip().rstrip("%"))
    except ValueError:
        number = -1
    if not 0 <= number <= 100_000:
        raise Invalid({"conditions": [_("“%s”的值应为不小于 0 的数字") % fact.label]})
    return int(number) if number == int(number) else number


def _flag(fact: Fact, part: str) -> bool:
    if part.lower() in ("1", "true", "yes", _("是")):
        return True
    if part.lower() in ("0", "false", "no", _("否")):
        return False
    raise Invalid({"conditions": [_("“%s”的值应为“是”或“否”") % fact.label]})


def _prefix(fact: Fact, part: str) -> str:
    if not part.isdecimal() or len(part) > 15:
        raise Invalid({"conditions": [_("“%(fact)s”应填代码：%(raw)s") % {"fact": fact.label, "raw": part[:40]}]})
    if fact.named is not None and not fact.named(part):
        raise Invalid({"conditions": [_("“%(fact)s”没有代码 %(raw)s") % {"fact": fact.label, "raw": part}]})
    return part


def _choice(fact: Fact, part: str) -> str:
    options = {str(c): str(label) for c, label in (fact.options() if fact.options else {}).items()}
    if part in options:
        return part
    for code, label in options.items():
        if part == label:
            return code
    raise Invalid({"conditions": [_("“%(fact)s”没有“%(raw)s”，可填：%(all)s") % {
        "fact": fact.label, "raw": part[:40], "all": "、".join(list(options.values())[:20])}]})


def leaves(tree: Tree) -> list[Tree]:
    """The single conditions of a tree."""
    for word in ("all", "any"):
        if word in tree:
            return [leaf for part in tree[word] if isinstance(part, dict) for leaf in leaves(part)]
    return [tree]


def from_rows(rows: list[dict[str, Any]], subject: Subject) -> Tree:
    """The tree of a form's rows: rows of one group hold together, and one group suffices.

    Raises:
        Invalid: naming the row.
    """
    groups: dict[int, list[Tree]] = {}
    for number, row in enumerate(rows, 1):
        try:
            leaf = check({"fact": row["fact"], "op": row["op"], "value": row["value"]}, subject)
        except Invalid as error:
            raise Invalid({"conditions": [_("第 %(n)d 行：%(why)s") % {"n": number, "why": error}]}) from None
        groups.setdefault(int(row.get("group") or 1), []).append(leaf)
    parts = [{"all": groups[n]} for n in sorted(groups)]
    if not parts:
        return everything()
    return parts[0] if len(parts) == 1 else {"any": parts}


def to_rows(tree: Tree) -> list[dict[str, Any]]:
    """The rows of a tree that a form made, to be edited again."""
    groups = tree.get("any", [tree])
    out = []
    for number, group in enumerate(groups, 1):
        for leaf in leaves(group):
            value = leaf["value"]
            text = ",".join(value) if isinstance(value, list) else str(int(value)) if isinstance(value, bool) else (
                f"{value:g}")
            out.append({"group": number, "fact": leaf["fact"], "op": leaf["op"], "value": text})
    return out


def holds(tree: Tree, values: Mapping[str, Any]) -> bool:
    """Whether values by fact satisfy a tree without conditions on time."""
    if "all" in tree:
        return all(holds(part, values) for part in tree["all"])
    if "any" in tree:
        return any(holds(part, values) for part in tree["any"])
    mine, wanted, op = values.get(tree["fact"]), tree["value"], tree["op"]
    if mine is None:
        return False
    if isinstance(wanted, bool):
        return bool(mine) is wanted
    if op in ("in", "not_in"):
        found = any(str(mine).startswith(w) for w in wanted) if tree["fact"] in values.get("_prefix", ()) else (
            str(mine) in wanted)
        return found is (op == "in")
    return {"ge": mine >= wanted, "le": mine <= wanted, "eq": mine == wanted}[op]


def values_of(subject: Subject, tree: Tree, record: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The facts a tree asks for: those given, else read from the record (``None``: there is no record yet)."""
    names = {leaf["fact"] for leaf in leaves(tree)}
    out: dict[str, Any] = {}
    for name in names:
        fact = subject.fact(name)
        if fact is None:
            continue
        out[name] = given[name] if name in given else fact.value(record) if record is not None else None
    out["_prefix"] = {n for n in names if (f := subject.fact(n)) is not None and f.type == "prefix"}
    return out
