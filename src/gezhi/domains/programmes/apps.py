from gezhi.kernel.apps import Room


class ProgrammesConfig(Room):
    name = "gezhi.domains.programmes"
    label = "programmes"
    declares = ("declares",)
