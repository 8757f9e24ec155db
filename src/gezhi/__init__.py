"""Gezhi (格治): the open platform on which a Chinese city runs its social governance."""

__version__ = "0.1.0"
