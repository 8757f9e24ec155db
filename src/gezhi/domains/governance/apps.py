from gezhi.kernel.apps import Room


class GovernanceConfig(Room):
    name = "gezhi.domains.governance"
    label = "governance"
    declares = ("declares",)
