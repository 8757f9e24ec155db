from .post import Post
from .role import Role
from .signin import SignIn
from .staff import Staff
from .unit import Unit

__all__ = ["Post", "Role", "SignIn", "Staff", "Unit"]
