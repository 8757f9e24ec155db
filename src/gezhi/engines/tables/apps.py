from django.db.models.signals import post_migrate

from gezhi.kernel.apps import Room


class TablesConfig(Room):
    name = "gezhi.engines.tables"
    label = "tables"

    def ready(self) -> None:
        from .statistics import after_migrate

        super().ready()
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="gezhi.statistics")
