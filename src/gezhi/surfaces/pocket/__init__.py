"""小屏: the phone of the street. One installable page set with a face by role, and the citizen's web beside it.

Everything shown is derived from registers and workflows: what waits for a person is what he or she could move on.
"""
