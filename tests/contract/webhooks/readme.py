"""What the README shows."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")


def block_after(landmark, language):
    """The first block of code after a text."""
    found = re.compile(r"^```(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL).search(TEXT, TEXT.index(landmark))
    assert found[1] == language, f"after {landmark} comes a block of {found[1]}"
    return found[2]


def save(folder, *names):
    """Saves the files that the README says to save, and gives the path of the last."""
    for name in names:
        path = folder / name
        path.write_text(block_after(f"`{name}`", {".py": "python", ".mjs": "js"}[path.suffix]), encoding="utf-8")
    return path
