from gezhi.kernel.apps import Room


class AssessmentConfig(Room):
    name = "gezhi.domains.assessment"
    label = "assessment"
    declares = ("declares",)
