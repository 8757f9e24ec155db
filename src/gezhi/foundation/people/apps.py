from gezhi.kernel.apps import Room


class PeopleConfig(Room):
    name = "gezhi.foundation.people"
    label = "people"
    declares = ("declares",)
