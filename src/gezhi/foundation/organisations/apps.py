from gezhi.kernel.apps import Room


class OrganisationsConfig(Room):
    name = "gezhi.foundation.organisations"
    label = "organisations"
    declares = ("declares",)
