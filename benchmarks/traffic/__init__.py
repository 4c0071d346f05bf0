"""What the captures of the benchmarks are made of: calls, media, downloads, and how they become a file."""
