from gezhi.kernel.apps import Room


class MetricsConfig(Room):
    name = "gezhi.engines.metrics"
    label = "metrics"
