"""Views on a terminal, or in a file that looks like one; the only place that knows rich.

A renderer takes a view and a `Screen` and returns text, each line with its end. Each is imported from its own module,
so that a command loads no renderer but its own.
"""
