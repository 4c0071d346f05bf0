"""A pcap capture's bytes → record batches: a file header, then records that only their own lengths divide.

```text
  file header, 24 bytes:   magic, major (16), minor (16), time zone, significant figures, snap length, link type
  record header, 16 bytes: seconds, micro- or nanoseconds, captured length, original length
                 24 bytes: the same, interface number, protocol (16), packet type (8), padding (8): the modified kind
                 28 bytes: the same, processors (8 + 8), padding (16): a later modified kind, of the same magic
                 20 bytes: the first 16, and 4 more: Nokia's, of the ordinary magic
```

Some patched programs wrote longer record headers under another's magic (libpcap: sf-pcap.c; Wireshark: libpcap.c). They
are told apart as Wireshark does, by what the first record leads to.

Theory of operation. Nothing marks a record's start and nothing aligns it, so the chain must be walked (`chain.py`); the
walk reads one number a record and does nothing else. All checks and fields are columns over what the walk found.

Damage. A header that looks odd (a far time, lengths out of order, …) is believed when its record leads to a header
that looks right: then it is odd, or damaged where that costs nothing. So is a record that was cut at another length
than the snap length, which is what damage to the captured length looks like. Where neither leads anywhere, the captured
length is wrong; if the original length leads to a header, it is used instead. Otherwise the reader searches for two
plausible headers in a row, and goes on there. When a record lost some of its bytes, the headers behind it begin before
where they are expected; so it looks back, too, for records that lead exactly to where reading goes on. Judgement
depends on the records before and the bytes behind, never on windows.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch, CaptureEnded, CaptureStarted, Interface
from sigtrace.capture.pcap.chain import SMALL_RECORD, Chain
from sigtrace.capture.pcap.header import (
    Habits,
    Header,
    are_plain,
    can_follow,
    can_lead,
    columns_at,
    is_near,
    is_suspicious,
)
from sigtrace.capture.pcap.look_back import LOOK_BACK, Tail
from sigtrace.capture.pcap.resync import RecordSearch
from sigtrace.capture.reader import (
    ABSURD_LENGTH,
    CORRECTED_LENGTH,
    CUT,
    MAX_RECORD_LENGTH,
    PLAUSIBLE_LENGTH,
    RESYNC,
    NoticeBook,
    Reading,
    Window,
)
from sigtrace.notices import Severity
from sigtrace.value import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.capture.detect import PcapKind

FILE_HEADER_LENGTH = 24
# Records taken together where all is well: few at first, as damage ends what can be taken together.
FIRST_STRIDE, LAST_STRIDE = 64, 2**16
CHAINED_RECORDS = 8  # so many headers in a row are not damage, however odd; fewer may be by chance
CAREFUL_RECORDS = 32  # behind damage, records taken one by one: columns of few rows cost more than that

# How long record headers may be where they are not as long as the magic says, and how the kind is then called.
LONGER_HEADERS = {
    "pcap": ((24, "pcap-modified"), (20, "pcap-nokia")),
    "pcap-modified": ((28, "pcap-modified"),),
}

VERSION = "capture.version"  # a pcap version other than 2.4, read as if it were


class PcapReader:
    """Reads one pcap capture; `CaptureReader` says how it is used.

    Args:
        file: the capture's name, for `CaptureStarted` and `CaptureEnded`.
        kind: what its magic says.
        suffix: what to add to the format's name, ".gz" and the like.
    """

    def __init__(self, file: str, kind: PcapKind, *, suffix: str = "") -> None:
        self._file = file
        self._kind = kind
        self._format = kind.name + suffix
        self._order = ">" if kind.big_endian else "<"
        self._book = NoticeBook()
        self._link_type: int | None = None  # None until the file header was read
        self._snap_length = 0
        self._next_number = 1
        self._habits = Habits(kind)
        self._recent: list[int] = []  # seconds of the last two records
        self._about_seconds: int | None = None  # of the last record of which the time was near another one's
        self._stride = FIRST_STRIDE
        self._is_kind_known = kind.name not in LONGER_HEADERS  # whether headers are as long as the magic says
        self._careful = 0  # records to be taken one by one
        self._offset = 0  # of the window's first byte in the capture
        self._damaged_at: int | None = None  # offset where a search for the next record began
        self._cut = False
        self._tail = Tail()
        self._last_data = 0  # offset of the last record's packet in the capture
        self._window: Window = np.zeros(0, np.uint8)
        self._search_for = RecordSearch(self._window)
        self._chain = Chain(self._window, kind)
        self._is_small = False  # whether records are
        self._waiting: list[tuple[NDArray[np.int64], Header]] = []  # where records start, and their headers
        self._waiting_last: list[tuple[int, Header]] = []  # the same of records taken one by one, behind those
        self._header = struct.Struct(f"{self._order}4I")
        self._items: list[CaptureItem] = []

    def read(self, window: Window, *, final: bool) -> Reading:
        """Return what the window holds."""
        self._window, self._search_for, self._items = window, RecordSearch(window), []
        self._chain = Chain(window, self._kind)
        reached = 0
        at = self._take_file_header(final=final) if self._link_type is None else 0
        while at is not None and at < len(window):
            reached = at
            at = self._search(at, final=final) if self._damaged_at is not None else self._advance(at, final=final)
        reached = reached if at is None else at
        self._flush()
        if final:
            self._end(reached)
            reached = len(window)
        self._tail.keep(window, reached, None if self._damaged_at is None else self._damaged_at - self._offset)
        self._offset += reached
        return Reading(self._items, reached)

    def settle(self) -> None:
        """Take record headers to be as long as the magic says, since nothing may come that tells.

        Else the first record waits for the header behind it, which a live capture may not send for a long time.
        """
        self._is_kind_known = True

    def close(self, *, truncated: bool = False) -> CaptureEnded:
        """Return the end of the capture."""
        packets = self._next_number - 1
        return CaptureEnded(file=self._file, packets=packets, bytes=self._offset, truncated=self._cut or truncated)

    def _take_file_header(self, *, final: bool) -> int | None:
        """Take the file header, and return where the records begin; None when it needs more bytes."""
        if len(self._window) < FILE_HEADER_LENGTH:
            return None
        if not self._is_kind_known:
            self._is_kind_known = self._settle_kind(final=final)
            if not self._is_kind_known:
                return None
        fields = struct.unpack_from(f"{self._order}4xHH8xII", self._window.data)
        major, minor, self._snap_length, link_type = map(int, fields)
        self._link_type = link_type & 0xFFFF  # the upper bits tell of frame check sequences
        interface = Interface(index=0, name=None, link_type=self._link_type, snap_length=self._snap_length)
        self._items += [CaptureStarted(file=self._file, format=self._format), interface]
        if (major, minor) != (2, 4):
            text = f"pcap version {major}.{minor}; it was read as version 2.4"
            self._note(VERSION, Severity.WARNING, text, 4)
        return FILE_HEADER_LENGTH

    def _settle_kind(self, *, final: bool) -> bool:
        """Find out how long record headers are; False when that needs more bytes.

        They are longer than the magic says if the first record leads to a header only so. A clock that was not set yet
        is no sign of that: where the usual length leads to a header right in all but its time, it is the usual one.
        """
        first = self._header_at(FILE_HEADER_LENGTH)
        if first is None or first.captured > PLAUSIBLE_LENGTH:
            return final or first is not None
        usual = (self._kind.header_length, self._kind.name)
        for length, name in (usual, *LONGER_HEADERS[self._kind.name]):
            leads = self._leads(FILE_HEADER_LENGTH, length, final=final)
            if leads and length != usual[0]:  # once may be damage to the first record's length
                leads = self._leads(FILE_HEADER_LENGTH + length + first.captured, length, final=final)
            if leads is None:
                return False
            if leads:
                self._kind = replace(self._kind, header_length=length, name=name)
                self._habits = Habits(self._kind)
                self._chain = Chain(self._window, self._kind)
                self._format = name + self._format.removeprefix(usual[1])
                break
        return True

    def _leads(self, at: int, length: int, *, final: bool) -> bool | None:
        """Tell whether a record leads to a header, if headers have this length; None when that is not there yet."""
        header = self._header_at(at)
        end = at + length + (header.captured if header else 0)
        follower = self._header_at(end)
        if header is None or follower is None:
            return at <= end <= len(self._window) if final else None  # or cut off in the next header
        near = is_near(follower.seconds, header.seconds)
        near = near or (length == self._kind.header_length and self._is_regular(follower))
        return bool(can_follow(follower, near, self._kind))

    def _is_regular(self, header: Header) -> bool:
        """Tell whether a header is right in all but its time; one read some bytes late has seconds for a fraction."""
        fine = header.fraction < (10**9 if self._kind.nanosecond else 10**6)
        return bool(fine and max(header.captured, header.original) <= PLAUSIBLE_LENGTH and not header.is_blank)

    # The chain of records.

    def _advance(self, at: int, *, final: bool) -> int | None:
        """Take the records at `at`, and return where the next one begins; None when it needs more bytes."""
        if self._careful:
            self._careful -= 1
            return self._advance_by_one(at, final=final)
        starts, end = self._chain.walk(at, self._stride + 1, small=self._is_small)
        if not len(starts):
            return None
        headers = columns_at(self._window, starts, big_endian=self._kind.big_endian)
        good, near = self._judge(headers)
        is_last_whole = starts[-1] < end <= len(self._window)
        if not is_last_whole:
            good[-1] = False
        if bool(good.all()):
            self._take(starts, headers, near)
            return end
        count = int(np.argmin(good))
        self._take(starts[:count], Header(*(column[:count] for column in headers)), near[:count])
        if count < len(starts) - 1:
            self._stride, self._careful = FIRST_STRIDE, CAREFUL_RECORDS
        elif count == self._stride:
            self._stride = min(self._stride * 2, LAST_STRIDE)
        else:
            self._careful = 1  # whether it is unfinished or damaged
        return int(starts[count])

    def _judge(self, headers: Header) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell of each header whether its record may be taken, and whether its time is near that of one before it."""
        if are_plain(headers, self._recent, self._kind, self._snap_length):
            count = len(headers.seconds)
            return np.ones(count, np.bool_), np.ones(count, np.bool_)
        near = self._are_near(headers.seconds)
        good: NDArray[np.bool_] = ~is_suspicious(headers, near, self._kind, self._snap_length)
        if not good[:-1].all():
            good |= self._are_proved(headers, near) & (headers.captured <= headers.original)
        return good, near

    def _are_near(self, seconds: NDArray[np.int64], *, behind: int = 1) -> NDArray[np.bool_]:
        """Tell for each header whether its time is near that of the one `behind` places before, or one place more.

        The first ones of a capture, which have none before them, count as near.
        """
        seconds = np.concatenate((np.array(self._recent, np.int64), seconds))
        near = np.zeros(len(seconds), np.bool_)
        near[:behind] = True
        for back in (behind, behind + 1):
            near[back:] |= is_near(seconds[back:], seconds[:-back])
        return near[len(self._recent) :]

    def _are_proved(self, headers: Header, near: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell for each record whether the header it leads to proves it, or the next one; see `_is_proved`."""
        by_next, by_last = near, self._are_near(headers.seconds, behind=2)
        if not near.all():  # what a far time is near to proves nothing; the records before it do
            by_next = np.where(_moved(near, 1), by_next, by_last)
            by_last = np.where(_moved(near, 2), by_last, self._are_near(headers.seconds, behind=3))
        follow = can_follow(headers, by_next, self._kind)
        follow[:-1] |= can_lead(headers)[:-1] & can_follow(headers, by_last, self._kind)[1:]
        return np.append(follow[1:], False)  # what follows the last one is not seen here

    def _advance_by_one(self, at: int, *, final: bool) -> int | None:
        """Take one record."""
        header = self._header_at(at)
        if header is None:
            return None
        end = at + self._kind.header_length + header.captured
        near = not self._recent or any(is_near(header.seconds, seconds) for seconds in self._recent)
        suspicious = bool(is_suspicious(header, near, self._kind, self._snap_length))
        if end > len(self._window):
            return self._judge_unfinished(at, header, final=final, suspicious=suspicious)
        believed = self._is_believable(at, header, end, final=final) if suspicious else True
        if believed is None:
            return None
        if not believed:
            return self._judge_damaged(at, header, final=final)
        self._take_one(at, header, near=near)
        return int(end)

    def _header_at(self, at: int) -> Header | None:
        """Return the header at a place, None where no whole one fits."""
        if at + self._kind.header_length > len(self._window):
            return None
        return Header(*self._header.unpack_from(self._window.data, at))

    def _take_one(self, at: int, header: Header, *, near: bool) -> None:
        """Let one whole record wait for the batch it will be part of, and learn what records are like."""
        self._waiting_last.append((at, header))
        self._last_data = self._offset + at + self._kind.header_length
        self._recent = [*self._recent[-1:], header.seconds]
        self._habits = self._habits.with_record(header)
        if near:
            self._about_seconds = header.seconds

    def _take(self, starts: NDArray[np.int64], headers: Header, near: NDArray[np.bool_]) -> None:
        """Let whole records wait for the batch they will be part of, and learn what they are like."""
        if not len(starts):
            return
        self._gather()
        if len(starts) >= FIRST_STRIDE:
            self._is_small = int(starts[-1] - starts[0]) <= SMALL_RECORD * (len(starts) - 1)
        self._waiting.append((starts, headers))
        self._last_data = self._offset + int(starts[-1]) + self._kind.header_length
        self._recent = [*self._recent, *headers.seconds[-2:].tolist()][-2:]
        self._habits = self._habits._replace(
            overlong=self._habits.overlong or bool((headers.captured > headers.original).any()),
            fine=self._habits.fine or bool((headers.fraction >= 10**6).any()),
        )
        if near.any():
            self._about_seconds = int(headers.seconds[np.flatnonzero(near)[-1]])

    def _gather(self) -> None:
        """Put the records that were taken one by one into columns."""
        if self._waiting_last:
            rows = np.array([(start, *header) for start, header in self._waiting_last], np.int64).T
            self._waiting.append((rows[0], Header(*rows[1:])))
            self._waiting_last = []

    def _flush(self) -> None:
        """Hand on the records that wait as a batch."""
        self._gather()
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        if len(waiting) == 1:
            starts, headers = waiting[0]
        else:
            starts = np.concatenate([part for part, _ in waiting])
            headers = Header(*(np.concatenate(columns) for columns in zip(*(part for _, part in waiting), strict=True)))
        self._hand_on(self._window, starts, headers)

    def _hand_on(self, buffer: Window, starts: NDArray[np.int64], headers: Header) -> None:
        """Hand on records as a batch."""
        unit = 1 if self._kind.nanosecond else 1000
        self._items.append(
            Batch(
                first_number=self._next_number,
                buffer=buffer,
                offset=starts + self._kind.header_length,
                captured=headers.captured,
                original=headers.original,
                at_ns=headers.seconds * 10**9 + headers.fraction * unit,
                interface=np.zeros(len(starts), np.int32),
                link_type=np.full(len(starts), self._link_type, np.int32),
            )
        )
        self._next_number += len(starts)

    # Damage, and the end.

    def _is_believable(self, at: int, header: Header, end: int, *, final: bool) -> bool | None:
        """Tell whether a suspicious record is no damage, by what it leads to; None when that is not there yet."""
        proved = self._is_proved(at, header, end, final=final)
        if proved:
            if self._is_late(at, header):
                return False
            return not self._swallows(at, header, end, final=final)
        if proved is None or self._end_by_original(at, header, final=final) is not None:
            return proved
        return self._goes_on(at, header, end, final=final)

    def _is_proved(self, at: int, header: Header, end: int, *, final: bool) -> bool | None:
        """Tell whether the header that a record leads to proves it, or the next one; None when that is not there yet.

        The next one's time counts beside that of the record to be proved, not of the one between: headers read some
        bytes late are like each other as well. At the end of the capture, nothing has to follow, but the original
        length may lead there more exactly.
        """
        length = len(self._window)
        follower = self._header_at(end)
        if follower is None:
            return (end == length or self._end_by_original(at, header, final=True) is None) if final else None
        times = (header.seconds, *self._recent[-1:])
        near = any(is_near(follower.seconds, seconds) for seconds in times)
        if can_follow(follower, near, self._kind):
            return True
        if not can_lead(follower):
            return False
        end += self._kind.header_length + follower.captured
        last = self._header_at(end)
        if last is None:
            return False if final else None
        near = any(is_near(last.seconds, seconds) for seconds in times)
        if not near and not self._recent:  # the capture's first time may be what is wrong, if its lengths are not
            other = self._end_by_original(at, header, final=final)
            if other is not None and other > length:
                return None
            near = other is None and follower.captured > 0 and bool(is_near(last.seconds, follower.seconds))
        return bool(can_follow(last, near, self._kind))

    def _is_late(self, at: int, header: Header) -> bool:
        """Tell whether a header of a far time is read four bytes late: a header of the right time begins before it.

        Such headers have right lengths and are like each other, so that what they lead to speaks for them.
        """
        near = any(is_near(header.seconds, seconds) for seconds in self._recent)
        if near or not self._recent or not self._tail.reaches(at - 4):
            return False
        seconds = struct.unpack(f"{self._order}I", self._tail.between(self._window, at - 4, at).tobytes())[0]
        right = Header(seconds, *header[:3])
        return bool(right.captured and is_near(seconds, self._recent[-1]) and self._habits.is_header(right))

    def _goes_on(self, at: int, header: Header, end: int, *, final: bool) -> bool | None:
        """Tell whether records, however odd, go on for some time, or to the end; None when that is not there yet.

        Captures may be odd throughout: times that jump, lengths that never agree. But zeros are no records, and where a
        search finds records between, those count.
        """
        chain = set()
        for _ in range(CHAINED_RECORDS):
            follower = self._header_at(end)
            if follower is None:
                if not final:
                    return None
                break
            if (
                header.is_blank
                or follower.is_blank
                or follower.fraction >= 10**9
                or follower.captured > PLAUSIBLE_LENGTH
            ):
                return False
            chain.add(end)
            end += self._kind.header_length + follower.captured
        place, found = self._search_for.find(at + 1, self._searched(), self._about_seconds, final=final)
        if place >= min(end, len(self._window)) or (found and place in chain):
            return True
        return False if found else None

    def _swallows(self, at: int, header: Header, end: int, *, final: bool) -> bool:
        """Tell whether a record holds others that end exactly where it does, or the one behind it, or the capture.

        That is asked where it is longer than it was originally, or the last one. Where much speaks for its length (a
        good header follows, or many records are that long), only what its original length leads to speaks against it:
        packets may carry captures.
        """
        follower = self._header_at(end)
        if header.captured <= header.original and not (follower is None and final):
            return False
        size = self._kind.header_length
        inner = self._end_by_original(at, header, final=final)
        proved = follower is not None and can_follow(follower, is_near(follower.seconds, header.seconds), self._kind)
        if inner is None and (self._habits.overlong or proved):
            return False
        behind = len(self._window) if follower is None else end + size + follower.captured
        for place in {end, behind}:
            found = self._find_inside(at + size if inner is None else inner, place, header, final=final)
            if found and found[0] < end and inner in (None, found[0]):
                return True
        return False

    def _find_inside(self, first: int, place: int, header: Header, *, final: bool) -> list[int]:
        """Return where records begin, behind the start of one with this header, that lead exactly to a place."""
        length = len(self._window)
        if place > length:
            return []
        is_end = final and place + self._kind.header_length > length
        return self._tail.find_records(self._window, first, place, self._searched(), header.seconds, final=is_end)

    def _judge_unfinished(self, at: int, header: Header, *, final: bool, suspicious: bool) -> int | None:
        """Wait for the rest of a record; when none will come, tell a cut from damage before other records."""
        if header.captured > MAX_RECORD_LENGTH:
            return self._judge_damaged(at, header, final=final)
        if not final or not suspicious:
            return None
        if self._end_by_original(at, header, final=True) is None:
            found = self._search_for.find(at + 1, self._searched(), self._about_seconds, final=True)[1]
            return self._lose_step(at, header.captured) if found else None
        return self._judge_damaged(at, header, final=True)

    def _judge_damaged(self, at: int, header: Header, *, final: bool) -> int | None:
        """Take a record whose length leads nowhere by its original one, if that leads on; else search for the next."""
        end = self._end_by_original(at, header, final=final)
        if end is None:
            return self._lose_step(at, header.captured)
        if end > len(self._window):
            return None
        length = end - at - self._kind.header_length
        text = f"a record says {header.captured} bytes; by its original length it has {length}, and so it was read"
        self._note(CORRECTED_LENGTH, Severity.WARNING, text, at)
        self._careful = CAREFUL_RECORDS
        self._take_one(at, header._replace(captured=length), near=True)
        return end

    def _end_by_original(self, at: int, header: Header, *, final: bool) -> int | None:
        """Return where a record ends by its original length, or None where that does not lead to a header or the end.

        Where that cannot be told yet, what is returned lies behind the window.
        """
        captured = min(header.original, self._snap_length or PLAUSIBLE_LENGTH)
        if captured == header.captured or captured > PLAUSIBLE_LENGTH:
            return None
        if header.fraction >= 10**9 or not all(is_near(header.seconds, seconds) for seconds in self._recent[-1:]):
            return None
        end = at + self._kind.header_length + captured
        follower = self._header_at(end)
        if follower is None:
            if not final:
                return len(self._window) + 1
            return end if end == len(self._window) else None
        near = any(is_near(follower.seconds, seconds) for seconds in (header.seconds, *self._recent[-1:]))
        return end if can_follow(follower, near, self._kind) else None

    def _searched(self) -> Habits:
        """Return what headers look like behind damage."""
        about = self._about_seconds
        return self._habits._replace(zeros=about is not None and not is_near(about, 0))

    def _lose_step(self, at: int, captured: int) -> int:
        """Begin the search for the next record."""
        self._note(ABSURD_LENGTH, Severity.ERROR, f"a record of {captured} bytes; the next record is searched for", at)
        self._damaged_at = self._offset + at
        return at + 1

    def _search(self, at: int, *, final: bool) -> int | None:
        """Go on searching at `at`; return where the next record begins, or None when that needs more bytes."""
        place, found = self._search_for.find(at, self._searched(), self._about_seconds, final=final)
        if found or (final and place == len(self._window)):
            earlier = self._look_back(place, final=not found)
            found = found or bool(earlier)
            self._resume(self._damaged_at or 0, earlier, place, found=found)
            self._damaged_at = None
            self._cut |= not found
            self._careful = CAREFUL_RECORDS
            if self._about_seconds is not None:
                self._recent = [self._about_seconds] * 2
        return None if place == at and not found else place

    def _look_back(self, place: int, *, final: bool) -> list[int]:
        """Return where records begin that lead exactly to `place`, behind the start of the last packet taken.

        The places count from the window's first byte, and may lie before it.
        """
        first = max(self._last_data, (self._damaged_at or 0) - LOOK_BACK) - self._offset
        return self._tail.find_records(self._window, first, place, self._searched(), self._about_seconds, final=final)

    def _resume(self, damaged_at: int, earlier: list[int], place: int, *, found: bool) -> None:
        """Tell how reading goes on behind damage, and take the records that were found by looking back.

        Args:
            damaged_at: offset where the next record was expected.
            earlier: where those records begin.
            place: where reading goes on.
            found: there is a record at one of these places.
        """
        passed = self._offset + (earlier[0] if earlier else place) - damaged_at
        where = "resumed at the next record" if found else "no further record was found"
        text = f"{passed} damaged bytes passed over; {where}"
        if passed < 0:
            text = f"the record before lacks {-passed} bytes; {where}"
        self._note(RESYNC, Severity.ERROR, text, place)
        if earlier:
            self._take_earlier(earlier, place)

    def _take_earlier(self, starts: list[int], end: int) -> None:
        """Hand on records that were found by looking back, as a batch with a copy of their bytes."""
        self._flush()  # what waits comes before them
        data = self._tail.between(self._window, starts[0], end)
        places = np.array(starts, np.int64) - starts[0]
        self._hand_on(data, places, columns_at(data, places, big_endian=self._kind.big_endian))
        self._last_data = self._offset + end  # they are not found a second time

    def _end(self, reached: int) -> None:
        """Tell what the capture ends with."""
        if self._link_type is None:
            self._items.append(CaptureStarted(file=self._file, format=self._format))
        left = len(self._window) - reached
        earlier = []
        if left and not self._is_begun(reached):
            earlier = self._look_back(len(self._window), final=True)
        if earlier:
            self._resume(self._offset + reached, earlier, len(self._window), found=True)
        elif left:
            self._cut = True
            self._note(
                CUT, Severity.WARNING, f"the capture ends {left} bytes into a record, which was left out", reached
            )

    def _is_begun(self, at: int) -> bool:
        """Tell whether a record that seems in order begins at a place, of which the rest was cut off."""
        header = self._header_at(at)
        near = header is not None and is_near(header.seconds, self._recent[-1] if self._recent else header.seconds)
        return header is not None and not is_suspicious(header, near, self._kind, self._snap_length)

    def _note(self, code: str, severity: Severity, text: str, at: int) -> None:
        """Tell something about a place in the window, behind all records before it."""
        notices = self._book.note(code, severity, text, offset=self._offset + at)
        if notices:
            self._flush()
            self._items += notices


def _moved(truths: NDArray[np.bool_], places: int) -> NDArray[np.bool_]:
    """Return for each row what was so many places before it; True for the first ones."""
    return np.concatenate((np.ones(places, np.bool_), truths))[: len(truths)]
