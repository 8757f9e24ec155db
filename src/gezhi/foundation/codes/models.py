from .table import Code, CodeTable

__all__ = ["Code", "CodeTable"]
