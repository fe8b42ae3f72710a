"""Parses untrusted documents in a child process that is limited in memory, time and what it can say."""

from kubelore_ingest.sandbox.parser_sandbox import ParserSandbox

__all__ = ["ParserSandbox"]
