"""Where batches come from: the only package that opens files, interfaces and programs."""
