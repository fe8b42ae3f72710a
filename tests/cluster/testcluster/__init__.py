"""A real Kubernetes cluster for tests, on any machine that can have one."""
