from gezhi.kernel.apps import Room


class NotifyConfig(Room):
    name = "gezhi.engines.notify"
    label = "notify"
    declares = ("declares",)
