from gezhi.kernel.apps import Room


class WorkflowConfig(Room):
    name = "gezhi.engines.workflow"
    label = "workflow"
    declares = ("declares",)
