"""``gezhi manage clean_documents``: remove documents never attached and content nobody names."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from gezhi.foundation.documents.clean import clean


class Command(BaseCommand):
    """Remove what nobody can reach any more, and say how much that was."""

    help = _("清理从未关联的附件、无人引用的内容和中断的上传")

    def handle(self, *args: Any, **options: Any) -> None:
        """Clean and report."""
        done = clean(tell=self.stdout.write)
        self.stdout.write(
            _("附件 %(documents)d，内容 %(contents)d，未完成的上传 %(uploads)d，残留文件 %(leftovers)d")
            % {"documents": done.documents, "contents": done.contents, "uploads": done.uploads,
               "leftovers": done.leftovers}
        )
