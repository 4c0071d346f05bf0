"""Protocols of installed packages and of dialect files are used by every command; what is wrong in them is said."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sigtrace
from sigtrace.errors import SelectionError, SourceError
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.protocol import SignalingProtocol
from tests.e2e.command import BROWSER, run

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
CALL = "captures/basic-call/basic-call.pcapng"
PAGE = (ROOT / "docs/how-to/new-protocol.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TAKES_ALL = """
from sigtrace.signaling.protocol import Fit, SignalingProtocol

class Mine(SignalingProtocol):
    name = "mine"

    def fit(self, unit):
        return Fit.NONE

    def decode(self, unit):
        return iter(())
"""


def install(folder: Path, module: str, points: str) -> None:
    """Put a package with entry points into a folder, as pip does."""
    info = folder / "mine-1.0.dist-info"
    info.mkdir()
    (folder / "mine.py").write_text(module, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(points, encoding="utf-8")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that packages are imported from."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(ROOT)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    return tmp_path


def test_every_block_of_the_tutorial_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tutorial's Python runs as it stands, block after block, and its registration looks as the real one."""
    monkeypatch.chdir(ROOT)
    python = [text for language, text in BLOCKS if language == "python"]
    assert len(python) == 3
    names: dict[str, ModuleType | object] = {"__name__": "knock"}
    for text in python:
        exec(compile(text, "new-protocol.md", "exec"), names)  # noqa: S102 - a page of ours
    registered = next(text for language, text in BLOCKS if language == "text")
    source = (ROOT / "sigtrace/signaling/__init__.py").read_text(encoding="utf-8")
    assert registered.splitlines()[0] in source
    assert "\n".join(registered.splitlines()[-3:]) in source


def test_the_tutorial_s_package_is_known(packages: Path) -> None:
    """Installed with the tutorial's entry point, its protocol is one of those that are found."""
    code, toml = (next(text for language, text in BLOCKS if language == wanted) for wanted in ("python", "toml"))
    (name,) = re.findall(r'^(\w+) = "knock:Knock"$', toml, re.MULTILINE)
    install(packages, code, f"[sigtrace.protocols]\n{name} = mine:Knock\n")
    assert [one.name for one in sigtrace.find_protocols()] == [*(one.name for one in PROTOCOLS), "knock"]
    assert run("analyze", CALL, PYTHONPATH=f"{packages}:{ROOT}").returncode == 0


def test_all_that_a_protocol_says_is_asked_of_a_package_s(packages: Path) -> None:
    """What guards against a package's faults hides nothing of what its protocol says or overrides."""
    install(packages, TAKES_ALL, "[sigtrace.protocols]\nmine = mine:Mine\n")
    guarded = sigtrace.find_protocols()[-1]
    said = {name for name in vars(SignalingProtocol) if not name.startswith("_")}
    assert said - {*vars(type(guarded)), *vars(guarded)} == set()


def test_without_packages_nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no package names the group, the machinery that would find it is not even imported."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "missing")])
    monkeypatch.setitem(sys.modules, "importlib.metadata", None)  # importing it would fail
    assert sigtrace.find_protocols() == PROTOCOLS


@pytest.mark.parametrize(
    ("module", "point", "problem"),
    [
        ("raise RuntimeError('no luck')", "mine:Mine", "cannot be loaded: RuntimeError: no luck"),
        ("import absent_module", "mine:Mine", "cannot be loaded: ModuleNotFoundError"),
        ("", "mine:Mine", "cannot be loaded: AttributeError"),
        ("Mine = 3", "mine:Mine", "is a int, not a SignalingProtocol"),
        (TAKES_ALL.replace("return Fit.NONE", "return unit.nothing"), "mine:Mine", "failed: AttributeError"),
        (TAKES_ALL.replace("NONE", "CERTAIN").replace("iter(())", "1 / 0"), "mine:Mine", "failed: ZeroDivisionError"),
    ],
)
def test_broken_package_is_named(packages: Path, module: str, point: str, problem: str) -> None:
    """A package whose protocol cannot be loaded, is none, or fails, is named with what went wrong; no traceback."""
    install(packages, module, f"[sigtrace.protocols]\nodd = {point}\n")
    ended = run("analyze", BROWSER, "-q", PYTHONPATH=f"{packages}:{ROOT}")
    assert ended.returncode == 3
    assert "of the package mine" in ended.stderr
    assert problem in ended.stderr
    assert "Traceback" not in ended.stderr


# --- dialects


def write(folder: Path, text: str) -> str:
    """Write a dialect file."""
    path = folder / "dialect.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


MAILBOX = """
name = "mailbox"
match.path = ["/message", "/wait"]
pointers = { sdp = "/sdp", candidate = "/candidate", from = "?peer_id", to = "?to" }
"""


def test_dialect_goes_before_what_is_built_in(tmp_path: Path) -> None:
    """What a dialect matches is told as the dialect's, and --protocol chooses it."""
    path = write(tmp_path, MAILBOX)
    records = run("export", CALL, "--dialect", path, "--type", "signal", "--protocol", "mailbox").stdout.splitlines()
    assert records
    assert all('"protocol":"mailbox"' in record.replace('": "', '":"') for record in records)
    assert '"kind":"offer"' in records[0].replace('": "', '":"')


@pytest.mark.parametrize("command", ["analyze", "chart", "waits", "sdp", "export"])
def test_every_command_takes_dialects(command: str, tmp_path: Path) -> None:
    """Each command that reads a trace takes --dialect, and says what is wrong with the file."""
    assert run(command, CALL, "--dialect", write(tmp_path, MAILBOX)).returncode == 0
    ended = run(command, CALL, "--dialect", write(tmp_path, "name = 'x'\nmatch.paths = ['/']"))
    assert ended.returncode == 2
    assert "line 2: match.paths is not known here" in ended.stderr


def test_a_dialect_that_matches_nothing_is_told(tmp_path: Path) -> None:
    """Who mistakes a key in `match` is told so, once, with the answer; -q is silent about it."""
    path = write(tmp_path, "name = 'idle'\nmatch.exists = ['/nowhere']")
    ended = run("analyze", CALL, "--dialect", path)
    assert ended.returncode == 0
    assert ended.stderr.splitlines()[0] == "sigtrace: nothing in the capture is of the dialect idle"
    assert not run("analyze", CALL, "--dialect", path, "-q").stderr
    assert not run("analyze", CALL, "--dialect", write(tmp_path, MAILBOX)).stderr


def test_show_takes_dialects(tmp_path: Path) -> None:
    """`show` takes --dialect too."""
    assert run("show", CALL, "6", "--dialect", write(tmp_path, MAILBOX)).returncode == 0


def test_dialects_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there or not text is an error that names it, and so are two protocols of one name."""
    with pytest.raises(SourceError, match="missing"):
        sigtrace.find_protocols([tmp_path / "missing"])
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(SourceError, match="not text"):
        sigtrace.find_protocols([tmp_path / "binary"])
    with pytest.raises(SelectionError, match="two protocols are called generic"):
        sigtrace.find_protocols([write(tmp_path, MAILBOX.replace('"mailbox"', '"generic"'))])


def test_unknown_protocol_is_answered_by_what_there_is() -> None:
    """--protocol with a name that nothing speaks lists what is spoken."""
    ended = run("analyze", CALL, "--protocol", "morse")
    assert (ended.returncode, "nothing speaks morse" in ended.stderr, "peerconnection" in ended.stderr) == (
        2,
        True,
        True,
    )
    assert run("analyze", CALL, "--protocol", "peerconnection").returncode == 0


def test_page_shows_the_example_that_ships() -> None:
    """The dialect in the how-to is the file beside it."""
    page = (ROOT / "docs/how-to/describe-a-dialect.md").read_text(encoding="utf-8")
    assert (ROOT / "docs/how-to/example-dialect.toml").read_text(encoding="utf-8") in page
