"""Units (organisations), staff, roles and posts: who may act, where, for whom."""
