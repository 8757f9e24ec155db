from gezhi.kernel.apps import Room


class DemoConfig(Room):
    name = "gezhi.demo"
    label = "demo"
    declares = ("declares",)
