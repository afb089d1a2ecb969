"""CoNLL-U read slowly, by the letter of the format, with nothing of the pipeline's own."""

import re
from dataclasses import dataclass

NUMBER = r"[1-9][0-9]*"
HARM = re.compile("[\x00-\x1f\x7f]")


@dataclass
class Block:
    """What a run of lines is: `row` is None where it is damaged."""

    lines: range
    row: dict | None


def read(content: bytes, name: str) -> list[Block]:
    """Blocks with something besides comments, in order."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    lines = content.split(b"\n")
    lines = [line[:-1] if line.endswith(b"\r") else line for line in lines]
    blocks, start = [], None
    for number, line in enumerate([*lines, b""], start=1):
        blank = not line.replace(b" ", b"").replace(b"\r", b"")
        if blank and start is not None:
            within = lines[start - 1 : number - 1]
            if not all(raw[:1] == b"#" for raw in within):
                row = _row(within, f"{name}:{start}")
                blocks.append(Block(range(start, number), row))
            start = None
        elif not blank and start is None:
            start = number
    return blocks


def _row(raw: list[bytes], name: str) -> dict | None:
    try:
        lines = [line.decode("utf-8") for line in raw]
    except UnicodeDecodeError:
        return None
    for line in lines:
        if line.startswith("#"):
            key, _, value = line[1:].partition("=")
            if key.strip() == "sent_id" and value.strip():
                name = value.strip()
    table = [line.split("\t") for line in lines if not line.startswith("#")]
    if any(len(columns) != 10 for columns in table):
        return None
    words = [columns for columns in table if re.fullmatch(NUMBER, columns[0])]
    if [columns[0] for columns in words] != [str(k + 1) for k in range(len(words))] or not words:
        return None
    if not _others_in_place(table, len(words)):
        return None
    forms, upos, heads, deprels = ([c[k] for c in words] for k in (1, 3, 6, 7))
    if not all(form.strip(" \t\r\n") for form in forms) or not all((*upos, *heads, *deprels)):
        return None
    governors = None
    if set(heads) != {"_"}:
        if not all(re.fullmatch(rf"0|-?{NUMBER}", head) and len(head) < 9 for head in heads):
            return None
        governors = [int(head) for head in heads]
        if not _is_tree(governors) or ("_" in deprels and set(deprels) != {"_"}):
            return None
    labels = None if governors is None or set(deprels) == {"_"} else deprels
    tags = None if set(upos) == {"_"} else upos
    if any(HARM.search(text) for text in (*forms, *(tags or ()), *(labels or ()))):
        return None
    return {
        "sentence_id": name,
        "words": forms,
        "upos": tags,
        "governors": governors,
        "deprels": labels,
    }


def _others_in_place(table: list[list[str]], n_words: int) -> bool:
    """Whether multiword tokens stand before their first word, empty nodes behind theirs."""
    n, covered = 0, 0
    for columns in table:
        if re.fullmatch(NUMBER, columns[0]):
            n += 1
        elif span := re.fullmatch(f"({NUMBER})-({NUMBER})", columns[0]):
            if max(map(len, span.groups())) > 9:
                return False
            first, last = map(int, span.groups())
            if first != n + 1 or not first <= last <= n_words or first <= covered:
                return False
            if not columns[1].strip(" "):
                return False
            covered = last
        elif node := re.fullmatch(rf"([0-9]+)\.{NUMBER}", columns[0]):
            if len(node[1]) > 9 or int(node[1]) != n:
                return False
        else:
            return False
    return True


def _is_tree(governors: list[int]) -> bool:
    """One root, from which each word is reached within as many steps as there are words."""
    if governors.count(0) != 1 or not all(0 <= g <= len(governors) for g in governors):
        return False
    reached = {0}
    for _ in governors:
        reached |= {k for k, g in enumerate(governors, start=1) if g in reached}
    return len(reached) == len(governors) + 1
