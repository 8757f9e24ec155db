"""``gezhi manage clean_documents``: remove documents never attached and content nobody names."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from gezhi.foundation.documents.clean import clean


class Command(BaseCommand):
    """Remove what nobody can reach any more, and say how much that was."""

    help = "清理从未关联的附件、无人引用的内容和中断的上传"

    def handle(self, *args: Any, **options: Any) -> None:
        """Clean and report."""
        done = clean(tell=self.stdout.write)
        self.stdout.write(
            f"附件 {done.documents}，内容 {done.contents}，未完成的上传 {done.uploads}，残留文件 {done.leftovers}"
        )
