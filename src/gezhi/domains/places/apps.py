from gezhi.kernel.apps import Room


class PlacesConfig(Room):
    name = "gezhi.domains.places"
    label = "places"
    declares = ("declares",)
