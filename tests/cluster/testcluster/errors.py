"""What can go wrong, and what cannot be had at all."""


class ClusterError(Exception):
    """Something failed; the text names it, its place and the next step."""


class ClusterUnavailableError(ClusterError):
    """This machine cannot have a test cluster; tests that need one skip with this text, which is one line."""
