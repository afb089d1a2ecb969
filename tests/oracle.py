"""The plain slow reference: every pattern kept, one sentence, one head, one query at a time.

Written from the definitions, sharing nothing with the package but their names.
"""

import math
import unicodedata

import numpy as np


def statistics(pattern: np.ndarray, visible: np.ndarray, piece: dict) -> dict[str, float]:
    """Sums over the queries of one pattern [query, key] of one sentence.

    `piece` has a list per piece: `word` (−1: none), booleans cls, bos, sep, eos, special, punct.
    """
    n = len(pattern)
    sums = dict.fromkeys(_NAMES, 0.0)
    sums |= {"offset_mass": np.zeros(19), "argmax_offset": np.zeros(19)}
    of_a_class = _of_a_class(piece)
    for i in range(n):
        row = [float(a) for a in pattern[i]]
        for j, a in enumerate(row):
            for name in ("cls", "bos", "sep", "eos", "punct", "special"):
                sums[f"mass_{name}"] += a * piece[name][j]
            sums["mass_first"] += a * (j == 0)
            sums["mass_self"] += a * (j == i)
            sums["mass_prev"] += a * (j == i - 1)
            sums["mass_next"] += a * (j == i + 1)
            same = i != j and piece["word"][i] == piece["word"][j] != -1
            sums["mass_same_word"] += a * same
            sums["mass_other"] += a * (not (of_a_class[j] or same or abs(i - j) <= 1))
            sums["cls_to_cls"] += a * (piece["cls"][i] and piece["cls"][j])
            sums["sep_to_sep"] += a * (piece["sep"][i] and piece["sep"][j])
            for name in ("cls", "sep"):
                sums[f"self_{name}"] += a * (i == j and piece[name][j])
            sums["self_first"] += a * (i == j == 0)
            sums["row_sum"] += a
            sums["distance_pieces"] += a * abs(j - i)
            sums["displacement_pieces"] += a * (j - i)
            sums["offset_mass"][_bin(j - i)] += a
        entropy = -sum(a * math.log(a) for a in row if a > 0)
        sums["entropy_nats"] += entropy
        seen = int(visible[i].sum())
        if seen > 1:
            sums["entropy_normalised"] += entropy / math.log(seen)
            sums["n_queries_choice"] += 1
        sums["confidence"] += max(row)
        content = [a for j, a in enumerate(row) if not piece["special"][j]]
        sums["confidence_content"] += max(content, default=0.0)
        sums["argmax_offset"][_bin(row.index(max(row)) - i)] += 1
    for k in range(4):
        seeing = [i for i in range(n) if k < n and visible[i][k]]
        received = sum(float(pattern[i][k]) for i in seeing)
        sums[f"alpha_{k}"] = received / len(seeing) if seeing else math.nan
    return sums


_NAMES = [
    *(f"mass_{c}" for c in ("cls", "bos", "sep", "eos", "first", "punct", "special")),
    *(f"mass_{c}" for c in ("self", "prev", "next", "same_word", "other")),
    *("cls_to_cls", "sep_to_sep", "self_cls", "self_sep", "self_first", "row_sum"),
    *("entropy_nats", "entropy_normalised", "n_queries_choice", "confidence"),
    *("confidence_content", "distance_pieces", "displacement_pieces"),
]


def _of_a_class(piece: dict) -> list[bool]:
    classes = [piece[c] for c in ("cls", "bos", "sep", "eos", "special", "punct")]
    return [j == 0 or any(of_piece) for j, of_piece in enumerate(zip(*classes, strict=True))]


def _bin(offset: int) -> int:
    return 17 if offset < -8 else 18 if offset > 8 else offset + 8


def cross_statistics(pattern: np.ndarray, query: dict, key: dict) -> dict[str, float]:
    """The same across two sequences: `query` and `key` say of each piece what it is.

    No key is the query itself, nor before or after it; every query sees every key.
    """
    sums = dict.fromkeys(_CROSS_NAMES, 0.0)
    of_a_class = _of_a_class(key)
    for i, weights in enumerate(pattern):
        row = [float(a) for a in weights]
        for j, a in enumerate(row):
            for name in ("cls", "bos", "sep", "eos", "punct", "special"):
                sums[f"mass_{name}"] += a * key[name][j]
            sums["mass_first"] += a * (j == 0)
            sums["mass_other"] += a * (not of_a_class[j])
            sums["cls_to_cls"] += a * (query["cls"][i] and key["cls"][j])
            sums["sep_to_sep"] += a * (query["sep"][i] and key["sep"][j])
            sums["row_sum"] += a
        entropy = -sum(a * math.log(a) for a in row if a > 0)
        sums["entropy_nats"] += entropy
        sums["entropy_normalised"] += entropy / math.log(len(row)) if len(row) > 1 else 0.0
        sums["confidence"] += max(row)
        content = [a for j, a in enumerate(row) if not key["special"][j]]
        sums["confidence_content"] += max(content, default=0.0)
    for k in range(4):
        received = [float(row[k]) for row in pattern if k < len(row)]
        sums[f"alpha_{k}"] = sum(received) / len(received) if received else math.nan
    return sums


_CROSS_NAMES = [
    *(f"mass_{c}" for c in ("cls", "bos", "sep", "eos", "first", "punct", "special", "other")),
    *("cls_to_cls", "sep_to_sep", "row_sum"),
    *("entropy_nats", "entropy_normalised", "confidence", "confidence_content"),
]


def cross_word_weights(
    pattern: np.ndarray, rows: list[int], columns: list[int], n_rows: int, n_columns: int
) -> np.ndarray:
    """Attention of the words of one sequence to those of another.

    `rows` is the word that each query reads, or that it has to say; `columns` that of each key.
    """
    weights = np.full((n_rows, n_columns), -1.0)
    for a in range(n_rows):
        queries = [i for i, w in enumerate(rows) if w == a]
        for b in range(n_columns):
            keys = [j for j, w in enumerate(columns) if w == b]
            if queries and keys:
                total = sum(float(pattern[i][j]) for i in queries for j in keys)
                weights[a, b] = total / len(queries)
    return weights


def value_statistics(
    pattern: np.ndarray, seen: np.ndarray, f: np.ndarray, piece: dict, sums: dict
) -> dict[str, float | np.ndarray]:
    """What value norms say: `f` is [key, channel], what each key gives to the residual stream.

    `sums` are the statistics of the pattern weighted by its lengths.
    """
    length = [math.sqrt(sum(float(x) ** 2 for x in row)) for row in f]
    n_keys = len(length)
    found = {f"norm_{k}": v for k, v in sums.items() if k.startswith("mass_") or k == "row_sum"}
    found["value_norm"] = sum(length)
    classes = {**piece, "first": [j == 0 for j in range(n_keys)]}
    for name in ("cls", "bos", "sep", "eos", "first", "punct", "special"):
        found[f"value_norm_{name}"] = sum(
            x for x, c in zip(length, classes[name], strict=True) if c
        )
    received = [
        sum(float(row[j]) for row in pattern) / max(sum(bool(s[j]) for s in seen), 1)
        for j in range(n_keys)
    ]
    found["spearman"] = _spearman(received, length)
    for name in ("cls", "sep", "first"):
        given = [
            sum((float(row[j]) * f[j] for j in range(n_keys) if classes[name][j]), 0 * f[0])
            for row in pattern
        ]
        found[f"output_{name}"] = sum(given, 0 * f[0])
        found[f"output_energy_{name}"] = sum(float(w @ w) for w in given)
    return found


def _spearman(a: list[float], b: list[float]) -> float:
    def ranks(x: list[float]) -> np.ndarray:
        return np.array([(sum(v < u for v in x) + sum(v <= u for v in x)) / 2 for u in x])

    x, y = ranks(a), ranks(b)
    x, y = x - x.mean(), y - y.mean()
    spread = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / spread if spread else math.nan


def tree_edges(weights: np.ndarray, nodes: list[int]) -> set[tuple[int, int]]:
    """Edges of the maximum spanning tree of weights + weightsᵀ, the largest first (Kruskal)."""
    both = weights + weights.T
    pairs = [(float(both[a, b]), a, b) for a in nodes for b in nodes if a < b]
    trees = {a: {a} for a in nodes}
    edges = set()
    for weight, a, b in sorted(pairs, reverse=True):
        if weight > 0 and trees[a] is not trees[b]:
            edges.add((a, b))
            trees[a] |= trees[b]
            for word in trees[b]:
                trees[word] = trees[a]
    return edges


def js_divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Of two rows, in nats."""
    total = 0.0
    for a, b in zip(p.tolist(), q.tolist(), strict=True):
        m = (a + b) / 2
        total += (a * math.log(a / m) if a > 0 else 0) + (b * math.log(b / m) if b > 0 else 0)
    return total / 2


def word_weights(pattern: np.ndarray, word: list[int], n_words: int) -> np.ndarray:
    """Attention between words: TO a word summed over its pieces, FROM a word averaged."""
    weights = np.full((n_words, n_words), -1.0)
    for a in range(n_words):
        rows = [i for i, w in enumerate(word) if w == a]
        for b in range(n_words):
            columns = [j for j, w in enumerate(word) if w == b]
            if a != b and rows and columns:
                weights[a, b] = np.mean([sum(float(pattern[i][j]) for j in columns) for i in rows])
    return weights


def pointers(weights: np.ndarray) -> tuple[list[int], list[int]]:
    """Which word each attends to most, and which attends to it most; −1 without any weight."""
    to = [_first_largest(row) for row in weights]
    by = [_first_largest(column) for column in weights.T]
    return to, by


def _first_largest(values: np.ndarray) -> int:
    best = -1
    for index, value in enumerate(values):
        if value > 0 and (best < 0 or value > values[best]):
            best = index
    return best


def target_pieces(tokenizer, words: list[str], start: int | None) -> tuple[list[int], dict]:
    """What a decoder reads beside an encoder: a start, and all pieces but the last.

    `start` is None for one that starts with the last piece. `predicts` is the word of what is next.
    """
    ids, about = pieces(tokenizer, words)
    start = ids[-1] if start is None else start
    first = {n: start == getattr(tokenizer, f"{n}_token_id") for n in ("cls", "bos", "sep", "eos")}
    first |= {"special": True, "punct": False, "word": -1}
    shifted = {name: [first[name], *values[:-1]] for name, values in about.items()}
    return [start, *ids[:-1]], shifted | {"predicts": about["word"]}


def pieces(tokenizer, words: list[str]) -> tuple[list[int], dict]:
    """Ids and what each piece is, read off one sentence by itself."""
    text = " ".join(words)
    encoded = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True)
    spans, start = [], 0
    for form in words:
        spans.append((start, start + len(form)))
        start += len(form) + 1
    ids, special = encoded["input_ids"], [bool(s) for s in encoded["special_tokens_mask"]]
    word = []
    for (left, right), is_special in zip(encoded["offset_mapping"], special, strict=True):
        if text[left:right] in (" ", ""):  # a bare marker opens the word that follows
            left, right = right, right + 1
        characters = range(left, right)
        owners = [w for c in characters for w, (a, b) in enumerate(spans) if a <= c < b]
        word.append(owners[0] if owners and not is_special else -1)
    dotted = [all(unicodedata.category(c).startswith("P") for c in form) for form in words]
    about = {
        name: [
            s and i == getattr(tokenizer, f"{name}_token_id")
            for i, s in zip(ids, special, strict=True)
        ]
        for name in ("cls", "bos", "sep", "eos")
    }
    about |= {"special": special, "word": word, "punct": [w >= 0 and dotted[w] for w in word]}
    return ids, about
