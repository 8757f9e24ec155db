"""The public API ``/api/v1/``: derived from registers, workflows, metrics and layers.

Written on plain Django views rather than on an API framework: requests are read by kinds, which say what is wrong in
the user's words, and the OpenAPI document is made from the same kinds. A framework's own model layer would parse
everything a second time with other messages (docs/architecture.md).
"""
