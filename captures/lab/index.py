"""Write the table of captures/README.md from the folders: `python -m captures.lab.index`."""

from __future__ import annotations

from pathlib import Path

CAPTURES = Path(__file__).parents[1]
BEGIN, END = "<!-- table: python -m captures.lab.index -->", "<!-- end of table -->"


def main() -> None:
    """Replace the table between the two marks."""
    readme = CAPTURES / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    rows = [_row(folder) for folder in sorted(CAPTURES.iterdir()) if (folder / "truth.json").exists()]
    table = "\n".join(["| Folder | kB | What it is |", "|---|---|---|", *rows])
    readme.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def _row(folder: Path) -> str:
    capture = next(path for path in folder.iterdir() if path.suffix in {".pcap", ".pcapng"})
    story = (folder / "README.md").read_text(encoding="utf-8").split("\n\n")[1].replace("\n", " ")
    link = f"[{folder.name}]({folder.name}/README.md)"
    return f"| {link} | {round(capture.stat().st_size / 1000)} | {story} |"


if __name__ == "__main__":
    main()
