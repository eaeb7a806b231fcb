from tests.server.test_permissions import mine, path_objects

__all__ = ["mine", "path_objects"]
