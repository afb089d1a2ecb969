"""A page's document read back, by another hand than its script: numbers as they are shown."""

import base64
import json
import re
import zlib

import numpy as np

SITES = ("encoder", "decoder", "cross")


def document(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="document">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


def inflated(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def row(read: dict, site: str, side: str) -> dict:
    source = site == "encoder" or (site == "cross" and side == "keys")
    return read["source"] if source or "target" not in read else read["target"]


def shape(seen: dict, read: dict, name: str) -> tuple[dict, int, int]:
    site = next(s for s in seen["sites"] if s["name"] == name)
    n_queries, n_keys = (len(row(read, name, side)["pieces"]) for side in ("queries", "keys"))
    return site, n_queries, n_keys


def weights(seen: dict, read: dict, name: str, levels: int = 255) -> np.ndarray:
    """[layer, head, query, key]."""
    site, n_queries, n_keys = shape(seen, read, name)
    codes = np.frombuffer(inflated(read["sites"][name]["patterns"]), np.uint8)
    codes = codes.reshape(site["layers"], site["heads"], n_queries, n_keys)
    return (codes / levels) ** 2


class Parts:
    """What `quantise.pack` wrote, one part after another."""

    def __init__(self, text: str):
        self.data = inflated(text)

    def _take(self, n: int) -> bytes:
        taken, self.data = self.data[:n], self.data[n:]
        return taken

    def _codes(self, *size: int) -> np.ndarray:
        n = int(np.prod(size))
        low = np.frombuffer(self._take(n), np.uint8).astype(np.int64)
        high = np.frombuffer(self._take(n), np.uint8).astype(np.int64)
        return (low + 256 * high - 128).reshape(size)

    def next(self, heads: int, rows: int, channels: int) -> np.ndarray:
        steps = np.frombuffer(self._take(4 * heads), "<f4").astype(float)
        means = self._codes(heads, 1, channels)
        codes = (means + self._codes(heads, rows, channels)).astype(np.int16)
        return codes * steps[:, None, None]


def sums(seen: dict, read: dict, name: str, layer: int) -> np.ndarray:
    """Scaled query × key, [head, query, key], before all that comes between it and the softmax."""
    site, n_queries, n_keys = shape(seen, read, name)
    call = read["sites"][name]["layers"][layer]
    parts = Parts(call["neurons"])
    query = parts.next(site["heads"], n_queries, call["channels"])
    key = parts.next(call["key_heads"], n_keys, call["channels"])
    key = key.repeat(site["heads"] // call["key_heads"], 0)
    return query @ key.swapaxes(1, 2) * call["scaling"]


def softmax(seen: dict, read: dict, name: str, layer: int) -> np.ndarray:
    """The pattern that the shown sums give: soft cap, bias, mask and sinks as the page has them."""
    site, n_queries, n_keys = shape(seen, read, name)
    call = read["sites"][name]["layers"][layer]
    scores = sums(seen, read, name, layer)
    if "softcap" in call:
        scores = np.tanh(scores / call["softcap"]) * call["softcap"]
    if "bias" in call:
        parts = Parts(read["biases"][call["bias"]])
        scores = scores + parts.next(site["heads"], n_queries, n_keys)
    mask = np.frombuffer(inflated(read["masks"][call["mask"]]), np.uint8)
    scores = np.where(mask.reshape(n_queries, n_keys) == 1, scores, -np.inf)
    if "sinks" in call:
        sink = np.array(call["sinks"])[:, None, None].repeat(n_queries, 1)
        scores = np.concatenate((scores, sink), -1)
    exp = np.exp(scores - scores.max(-1, keepdims=True))
    return (exp / exp.sum(-1, keepdims=True))[..., :n_keys]
