from gezhi.kernel.apps import Room


class AccessConfig(Room):
    name = "gezhi.engines.access"
    label = "access"
