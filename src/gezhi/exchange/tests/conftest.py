from gezhi.domains.cases.tests.conftest import live_city

__all__ = ["live_city"]
