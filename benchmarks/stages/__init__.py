"""Where the time of a command goes: what its main thread was doing, looked at a thousand times a second."""
