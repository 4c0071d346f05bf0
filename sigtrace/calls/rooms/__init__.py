"""Room events → peers and their stays, waits, signals and acts: where a lasting channel is the peer."""
