"""Turns the three custom resources into Kubernetes objects, and never touches data."""
