from gezhi.kernel.apps import Room


class JobsConfig(Room):
    name = "gezhi.engines.jobs"
    label = "jobs"
