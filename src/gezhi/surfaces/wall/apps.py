from gezhi.kernel.apps import Room


class WallConfig(Room):
    name = "gezhi.surfaces.wall"
    label = "wall"
