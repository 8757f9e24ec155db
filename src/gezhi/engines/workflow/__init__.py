"""Flows that a record moves through, and the clocks that run while it does."""
