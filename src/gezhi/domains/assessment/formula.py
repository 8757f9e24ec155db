"""Formulas that an administrator writes: arithmetic over indicators, exact, without code.

Numbers, names of indicators, ``+ - * /``, brackets, ``min(…)`` and ``max(…)``. All is decimal: the same figures and the
same formula give the same digits on every machine.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext

from django.utils.translation import gettext as _

from gezhi.kernel.errors import Invalid

EXACT = Context(prec=28, traps=[InvalidOperation, DivisionByZero, Overflow])
LONGEST, DEEPEST = 2000, 40
CENT = Decimal("0.01")
_CALLS = {"min": min, "max": max}


def parse(text: str, known: Mapping[str, object]) -> ast.expr:
    """The formula as a tree of what is allowed.

    Raises:
        Invalid: it is not arithmetic, or names what is no indicator.
    """
    if len(text) > LONGEST:
        raise _wrong(_("公式过长"))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _wrong(_("公式写法有误，只能使用数字、指标、+ - * / 、括号、min 和 max")) from None
    _check(tree, known, 0)
    return tree


def _wrong(why: str) -> Invalid:
    return Invalid({"formula": [why]})


def _check(node: ast.expr, known: Mapping[str, object], depth: int) -> None:
    if depth > DEEPEST:
        raise _wrong(_("公式嵌套过深"))
    match node:
        case ast.Constant(value=bool()) | ast.Constant(value=complex()):
            raise _wrong(_("公式写法有误，只能使用数字、指标、+ - * / 、括号、min 和 max"))
        case ast.Constant(value=int() | float()):
            return
        case ast.Name(id=name):
            if name not in known:
                raise _wrong(_("没有指标“%s”") % name[:40])
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=right):
            _check(left, known, depth + 1)
            _check(right, known, depth + 1)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
            _check(inner, known, depth + 1)
        case ast.Call(func=ast.Name(id="min" | "max"), args=list(args), keywords=[]) if args:
            for one in args:
                _check(one, known, depth + 1)
        case _:
            raise _wrong(_("公式写法有误，只能使用数字、指标、+ - * / 、括号、min 和 max"))


def names(tree: ast.expr) -> list[str]:
    """Indicators a formula uses, in order of appearance."""
    found = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id not in _CALLS]
    return list(dict.fromkeys(found))


def value(tree: ast.expr, given: Mapping[str, Decimal]) -> Decimal:
    """The exact value of a checked formula.

    Raises:
        Invalid: it divides by zero with these figures.
    """
    try:
        with localcontext(EXACT):
            return _value(tree, given)
    except (DivisionByZero, InvalidOperation, Overflow):
        raise _wrong(_("按这些数值计算时出现除以零或溢出")) from None


def _value(node: ast.expr, given: Mapping[str, Decimal]) -> Decimal:
    match node:
        case ast.Constant(value=number):
            return Decimal(str(number))
        case ast.Name(id=name):
            return given[name]
        case ast.UnaryOp(op=op, operand=inner):
            return -_value(inner, given) if isinstance(op, ast.USub) else _value(inner, given)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _CALLS[name](_value(a, given) for a in args)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left, given), _value(right, given)
            if isinstance(op, ast.Add):
                return a + b
            if isinstance(op, ast.Sub):
                return a - b
            return a * b if isinstance(op, ast.Mult) else a / b
    raise AssertionError(node)


def points(number: Decimal) -> Decimal:
    """A score as it is published: 0 to 100, two digits, half up."""
    return min(Decimal(100), max(Decimal(0), number)).quantize(CENT, ROUND_HALF_UP)
