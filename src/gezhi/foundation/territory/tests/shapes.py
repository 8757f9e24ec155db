"""Shapes and places of test data for the territory tests."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).resolve().parents[5]
SHARED = Path(os.environ.get("GEZHI_SHARED", ROOT.parent / "shared")) / "data" / "territory"


def square(x: float, y: float, size: float) -> BaseGeometry:
    """A square whose south-west corner is (x, y), degrees."""
    return shapely.box(x, y, x + size, y + size)


def star(seed: int, points: int, centre: tuple[float, float] = (120.6, 31.3), size: float = 0.2) -> BaseGeometry:
    """An irregular simple polygon around a centre."""
    rng = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radii = size * rng.uniform(0.35, 1.0, points)
    ring = np.column_stack([centre[0] + radii * np.cos(angles), centre[1] + radii * np.sin(angles)])
    return shapely.Polygon(np.round(ring, 7))
