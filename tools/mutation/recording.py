"""How does pytest load the recorder? As a plugin of this name."""

from tools.mutation.select_tests import Recorder


def pytest_configure(config: object) -> None:
    """Register the recorder."""
    config.pluginmanager.register(Recorder())  # type: ignore[attr-defined]
