"""
What is true: values and decisions about a workflow engine.

Standard library and attrs only. No await, no clock, no log, no wire format: every function here
is a pure function of its arguments, and every rule is a table that a test can read.
"""

__all__: list[str] = []
