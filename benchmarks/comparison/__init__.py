"""How sigtrace is measured beside other tools: what is run, what is aimed for, and how that is told.

Nothing here imports NumPy: a child's memory is counted from that of the process which starts it, so this stays
small.
"""
