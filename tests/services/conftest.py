"""The servers and people of the live tests, for the tests that only make sense with several processes."""

from tests.live.conftest import enter, ground, new_server

__all__ = ["enter", "ground", "new_server"]
