"""Spans in the words of OpenTelemetry's conventions for generative AI."""
