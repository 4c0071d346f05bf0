"""Packets kept while they are watched: `-w FILE`, rings of files, and when to stop.

A recording is pcapng with nanoseconds. After every call of `Recorder.write` the file is whole: nothing waits in a
buffer of ours, so that a run which is killed leaves what it had seen. Only a kill in the very middle of a write can cut
the last block; readers take the packets before it.

**A ring.** `-b` divides a recording into files, and can keep the latest of them alone: a machine can be watched for
weeks with a known amount of disk. `-b duration:600` begins a new file every ten minutes, `-b interval:3600` at every
full hour, `-b filesize:100000` when a file has reached 100 MB (kB of 1000 bytes), `-b packets:50000` after so many
packets; of several the one that is reached first counts. `-b files:12` deletes the oldest file when a thirteenth
would begin; without it all are kept. Files are named as dumpcap names them: `-w run.pcapng` gives
`run_00001_20261125123456.pcapng`, with a number that counts on and the local time at which the file began. Each can
be analysed by itself, and several as one: `sigtrace analyze run_*.pcapng`. A file begins when its time has come even
if no packet has, so that `duration:600` with `files:6` is always the last hour. Files of earlier runs are never
deleted.

`ring` and `limits` say what `-b`, `-a` and `-c` mean, `recorder` writes, and `gate` is what stands between a source and
all who are given its packets, so that what is shown and what is kept end with the same packet.
"""
