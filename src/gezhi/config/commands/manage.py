"""``gezhi manage``: Django's own commands, with the database running while they work."""

from __future__ import annotations

import click

from ..database import application
from ..env import load
from ..text import _

OFFLINE = frozenset({"makemessages", "compilemessages", "startapp", "help", "findstatic"})


@click.command(
    help=_("执行 Django 管理命令，例如 gezhi manage shell。"),
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Pass *arguments* on to Django."""
    from django.core.management import execute_from_command_line

    if arguments and arguments[0] in OFFLINE:
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gezhi.config.settings")
        load()
        execute_from_command_line(["gezhi manage", *arguments])
        return
    with application():
        execute_from_command_line(["gezhi manage", *arguments])
