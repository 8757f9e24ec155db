"""Effects of the moves, by stage: plain functions ``run(ctx)`` and guards ``when(record, actor)``."""
