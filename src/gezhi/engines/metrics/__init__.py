"""Metrics: declared once, evaluated for any actor, area and period."""

