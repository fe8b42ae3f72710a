"""`kubelore version`."""


def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version

    print(f"kubelore {installed_version('kubelore')}")
