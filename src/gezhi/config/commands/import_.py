"""``gezhi import``: what can be loaded from files; each kind of data is a module ``import_<name>``."""

from __future__ import annotations

import importlib

import click

from ..text import _

# name, one line of help; the module is gezhi.config.commands.import_<name>
IMPORTS = (
    ("catalogue", _("事项清单、立案条件、部件类型")),
    ("messages", _("带官方答复的历史留言（CSV）")),
    ("cases", _("诉求表格（CSV、XLSX）")),
)


class Imports(click.Group):
    """Finds the imports by the tuple above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the tuple."""
        return [name for name, _help in IMPORTS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module; None when there is no such import."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return importlib.import_module(f"gezhi.config.commands.import_{cmd_name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of imports, from the tuple alone."""
        with formatter.section(_("数据")):
            formatter.write_dl(IMPORTS)


@click.group(cls=Imports, help=_("导入数据。"))
def command() -> None:
    """Load data from files."""
