from gezhi.kernel.apps import Room


class VehiclesConfig(Room):
    name = "gezhi.domains.vehicles"
    label = "vehicles"
    declares = ("vehicle", "use")
