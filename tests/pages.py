"""What every page that is written has to be, whoever reads it, and by whatever device."""

import re
from html.parser import HTMLParser
from itertools import pairwise

from pipeline.style.sheet import digest, sheet

VOID = {"meta", "br", "wbr", "path", "use", "rect"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


class Tree(HTMLParser):
    """Collects tags with attributes and their parents, complains of one closed out of order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict]] = []
        self.inside: list[tuple[str, ...]] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self._add(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self._add(tag, attrs)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def _add(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.inside.append(tuple(self.open))

    def count(self, tag: str, parent: str = "html") -> int:
        """Tags of a name within another."""
        pairs = zip(self.found, self.inside, strict=True)
        return sum(name == tag and parent in above for (name, _), above in pairs)


def check(page: str) -> Tree:
    """Language, outline, ids, names of what is no text, policy and shared style of one page."""
    tree = Tree(page)
    tags = [tag for tag, _ in tree.found]
    assert dict(tree.found)["html"] == {"lang": "en"}
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in page
    assert tags.count("h1") == tags.count("main") == tree.count("title", "head") == 1
    levels = [_HEADINGS[tag] for tag in tags if tag in _HEADINGS]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels)), levels
    ids = [attrs["id"] for _, attrs in tree.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert tree.count("caption", "table") == tags.count("table")
    figures = [attrs for tag, attrs in tree.found if tag == "svg"]
    for attrs in figures:
        assert attrs["role"] == "img"
        title, alt = attrs["aria-labelledby"].split()
        said = [re.search(f'id="{name}">([^<]+)<', page) for name in (title, alt)]
        assert said[0] is not None
        # What is found, in numbers, not that there is a figure.
        assert said[1] is not None
        assert len(said[1][1]) > 60
        assert re.search(r"\d", said[1][1])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    allowed = re.findall(r"script-src '([^']*)'", policy[1])
    assert allowed == [digest(script) for script in scripts]
    assert len(allowed) == 1
    assert sheet("") in page
    return tree
