"""`Trace` → what is shown of it: which facts, in which order, in which words and durations; no colour, no markup."""
