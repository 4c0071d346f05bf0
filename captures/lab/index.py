"""Write the table of captures/README.md from the folders: `python -m captures.lab.index`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

CAPTURES = Path(__file__).parents[1]
BEGIN, END = "<!-- table: python -m captures.lab.index -->", "<!-- end of table -->"


def main() -> None:
    """Replace the table between the two marks."""
    readme = CAPTURES / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    folders = [folder for folder in sorted(CAPTURES.iterdir()) if (folder / "truth.json").exists()]
    stories = Counter(_paragraphs(folder)[1] for folder in folders)
    rows = [_row(folder, alone=stories[_paragraphs(folder)[1]] == 1) for folder in folders]
    table = "\n".join(["| Folder | kB | What it is |", "|---|---|---|", *rows])
    readme.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def _paragraphs(folder: Path) -> list[str]:
    text = (folder / "README.md").read_text(encoding="utf-8")
    return [paragraph.replace("\n", " ") for paragraph in text.split("\n\n")]


def _row(folder: Path, *, alone: bool) -> str:
    capture = next(path for path in folder.iterdir() if path.suffix in {".pcap", ".pcapng"})
    _, story, then, *_ = _paragraphs(folder)
    if not alone:  # several captures of one story: say what is special here
        story = then.removeprefix("**What to look at.** ")
    link = f"[{folder.name}]({folder.name}/README.md)"
    return f"| {link} | {round(capture.stat().st_size / 1000)} | {story} |"


if __name__ == "__main__":
    main()
