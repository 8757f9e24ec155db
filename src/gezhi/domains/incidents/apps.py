from gezhi.kernel.apps import Room


class IncidentsConfig(Room):
    name = "gezhi.domains.incidents"
    label = "incidents"
    declares = ("declares",)
