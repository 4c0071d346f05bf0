"""One view → one notation; every notation draws the same view, so none decides what is shown."""
