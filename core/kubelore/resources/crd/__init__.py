"""Generates the CustomResourceDefinitions and their reference pages from the models."""
