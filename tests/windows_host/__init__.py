"""A Windows-like host for tests: PowerShell's Windows build under Wine on a booted host, reached over SSH as a Windows host is."""
