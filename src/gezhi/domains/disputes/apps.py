from gezhi.kernel.apps import Room


class DisputesConfig(Room):
    name = "gezhi.domains.disputes"
    label = "disputes"
    declares = ("declares",)
