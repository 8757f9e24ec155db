from gezhi.kernel.apps import Room


class HouseConfig(Room):
    name = "tests.house"
    label = "house"
    declares = ("models",)
