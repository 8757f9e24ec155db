from gezhi.kernel.apps import Room


class AccountConfig(Room):
    name = "gezhi.surfaces.account"
    label = "account_surface"
    declares = ("declares",)
