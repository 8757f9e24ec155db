from django.db.models.signals import post_migrate

from gezhi.kernel.apps import Room


class MetricsConfig(Room):
    name = "gezhi.engines.metrics"
    label = "metrics"
    declares = ("declares",)

    def ready(self) -> None:
        from .marks import after_migrate

        super().ready()
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="gezhi.days")
