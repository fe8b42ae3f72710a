"""What the tests of several parts share: builders, servers and fakes."""
