from .post import Post
from .role import Role
from .staff import Staff
from .unit import Unit

__all__ = ["Post", "Role", "Staff", "Unit"]
