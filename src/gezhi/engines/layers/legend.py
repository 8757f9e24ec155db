"""The colours of a layer, from its declaration: what each means, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.workflow.clocks import LIGHTS
from gezhi.kernel.kinds.basic import ChoiceKind
from gezhi.kernel.registers import Register

HUE = {"wait": "#1677ff", "work": "#0e7c86", "pause": "#6b7280", "done": "#64748b", "stop": "#8a2f6b"}
"""Map colours of state tones (never those of the four lights)."""
LAMPS = {"green": "#17813f", "yellow": "#f2b100", "red": "#cf1f2b", "grey": "#66727f", "blue": "#1668dc"}
"""Map colours of the lights, which are used for deadlines only."""
PALETTE = ("#1677ff", "#c2570c", "#0e7c86", "#8a2f6b", "#6b5bd2", "#8a5a1f", "#3f8fb5", "#a84a86", "#4d6b22")
LAYERS = (*PALETTE, "#0b5394", "#a0522d", "#2f6f5e", "#b03a7c", "#4b3fa0", "#6e6a1e", "#1f8a9e", "#7a4b7d", "#385723")
"""Colours of whole layers, one after the other."""
OTHER = "#6b7280"
FEW = 3
"""States named of those that share a colour."""


def legend(register: Register) -> list[dict[str, Any]]:
    """What the colours of a layer mean: ``[{"values", "label", "colour"}]``; empty when all features look alike."""
    layer = register.layer
    if layer is None or not layer.colour or layer.linked:
        return []
    if layer.colour == "light":
        return [{"values": [code], "label": str(label), "colour": LAMPS[code]} for code, label in LIGHTS.items()]
    if register.flow is not None and layer.colour == register.flow.field:
        return _states(register)
    kind = register.kinds[layer.colour]
    options = [(code, str(label)) for code, label in kind.options() if code] if isinstance(kind, ChoiceKind) else []
    out = [{"values": [code], "label": label, "colour": paint}
           for (code, label), paint in zip(options, PALETTE, strict=False)]
    rest = options[len(PALETTE):]
    if rest:
        out.append({"values": [code for code, _label in rest], "label": _joined([label for _code, label in rest]),
                    "colour": OTHER})
    return out


def _states(register: Register) -> list[dict[str, Any]]:
    """One entry a tone: states of a tone share its colour."""
    assert register.flow is not None
    tones: dict[str, list[Any]] = {}
    for state in register.flow.states().values():
        tones.setdefault(state.tone, []).append(state)
    return [{"values": [s.code for s in states], "label": _joined([str(s.label) for s in states]), "colour": HUE[tone]}
            for tone, states in tones.items()]


def _joined(words: list[str]) -> str:
    return _("、").join(words[:FEW]) + ("…" if len(words) > FEW else "")


def shade(register: Register) -> dict[str, Any] | None:
    """The same as ``gz-map`` takes it: ``{"field", "values", "legend"}``; ``None`` when all features look alike."""
    found = legend(register)
    if not found:
        return None
    return {"field": "colour", "values": {value: one["colour"] for one in found for value in one["values"]},
            "legend": [[one["label"], one["colour"]] for one in found]}


def geometry(register: Register) -> str:
    """What a layer is made of: ``point``, ``line`` or ``polygon``."""
    return {"POINT": "point", "LINESTRING": "line", "MULTILINESTRING": "line"}.get(
        getattr(register.geometry, "geom_type", ""), "polygon")
