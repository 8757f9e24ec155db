from gezhi.kernel.apps import Room


class PocketConfig(Room):
    name = "gezhi.surfaces.pocket"
    label = "pocket"
