from gezhi.kernel.apps import Room


class PrivacyConfig(Room):
    name = "gezhi.engines.privacy"
    label = "privacy"
    declares = ("declares",)
