"""Live events for browsers: server-sent events out of the outbox, within a second of the commit."""
