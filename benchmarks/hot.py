"""The hot path alone: a forward pass through the tap beside one that measures nothing.

It needs torch and transformers and nothing else of what the project needs, so that it runs on a
machine with a GPU and little more: `python -m benchmarks.hot --dtype bfloat16`. Models have random
weights, and sentences are made of pieces that no tokenizer saw; rows of the lake are not made.
"""

import argparse
import json
import platform
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from transformers import AutoModel, BertConfig, LlamaConfig, PreTrainedModel

from benchmarks.timing import Times, interleaved
from pipeline.core.names import KEY_CLASSES
from pipeline.core.pieces import Pieces
from pipeline.models.row_sums import row_sums
from pipeline.models.tap import NAME, Tap, attention_only, forward
from pipeline.models.wiring import wiring
from pipeline.statistics.kernels import DIVERGENCES, KERNELS, choose

SHAPES: dict[str, Callable[[int], Any]] = {
    "bert-base": lambda n: BertConfig(vocab_size=1000, max_position_embeddings=n),
    "llama-1b": lambda n: LlamaConfig(
        vocab_size=1000, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16,
        num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=n,
    ),
    "tiny": lambda n: BertConfig(
        vocab_size=1000, max_position_embeddings=n, hidden_size=32, num_hidden_layers=2,
        num_attention_heads=2, intermediate_size=48,
    ),
}  # fmt: skip
PLAIN = "SDPA, nothing measured"
EVERYTHING, NOT_ALIKE = "everything", "heads not compared"
NO_TREES, LEAST = f"{NOT_ALIKE}, without trees", f"{NOT_ALIKE}, without trees and norms"
SIMILARITY_EVERY = 20
"""The census's own: of so many sentences one is one that heads are compared on."""


def main(argv: Sequence[str] | None = None) -> None:
    """Prints a JSON object for each shape and length."""
    parser = argparse.ArgumentParser(prog="benchmarks.hot", description=__doc__)
    here = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--shapes", default="bert-base", help=", ".join(SHAPES))
    parser.add_argument("--lengths", default="128,512,2048", help="pieces of each sentence")
    # A GPU is given work faster than it does it only where batches are large.
    many = 65536 if here == "cuda" else 16384
    parser.add_argument("--pieces", type=int, default=many, help="of a batch, padding included")
    parser.add_argument("--batches", type=int, default=4, help="of a round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--device", default=here)
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16"])
    parser.add_argument("--kernel", default="auto", choices=["auto", *KERNELS])
    given = parser.parse_args(argv)
    for shape in given.shapes.split(","):
        for length in map(int, given.lengths.split(",")):
            try:
                said = measured(shape, length, given)
            except torch.OutOfMemoryError as error:
                said = {"shape": shape, "length": length, "too_large": str(error).splitlines()[0]}
            print(json.dumps(said), flush=True)


def measured(shape: str, length: int, given: argparse.Namespace) -> dict[str, Any]:
    """Seconds of a round, their ratio to `PLAIN` and the peak of memory, by contestant."""
    dtype = getattr(torch, given.dtype)
    kernel = choose(given.kernel, given.device)
    torch.manual_seed(0)
    config = SHAPES[shape](length)
    tapped = AutoModel.from_config(config, dtype=dtype, attn_implementation=NAME).eval()
    plain = AutoModel.from_config(deepcopy(config), dtype=dtype, attn_implementation="sdpa").eval()
    plain.load_state_dict(tapped.state_dict())
    tapped, plain = (m.to(given.device) for m in (tapped, plain))
    n_sentences = max(1, given.pieces // length)
    batches = [made_up(n_sentences, length, k).to(given.device) for k in range(given.batches)]
    runs = dict(contestants(tapped, plain, kernel, batches))
    times = interleaved(runs, given.rounds)
    return {
        "shape": shape,
        "length": length,
        "sentences": n_sentences * given.batches,
        "dtype": given.dtype,
        "kernel": kernel,
        "machine": _machine(given.device),
        "contestants": {
            name: _said(of_one, times[PLAIN]) | {"peak_mib": peak(runs[name], given.device)}
            for name, of_one in times.items()
        },
    }


def contestants(
    tapped: PreTrainedModel, plain: PreTrainedModel, kernel: str, batches: Sequence[Pieces]
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Each runs all batches. `plain` has the weights of `tapped`."""
    places = wiring(tapped)
    bare = [replace(place, readout=None) for place in places]

    def unmeasured() -> None:
        with torch.inference_mode():
            for pieces in batches:
                plain(input_ids=pieces.ids, attention_mask=pieces.real.long())

    def tap(
        run: Callable[[PreTrainedModel, Tap], object], alike: bool = False, **asked: Any
    ) -> Callable[[], None]:
        def measure() -> None:
            for pieces in batches:
                sampled = torch.arange(0, len(pieces.ids), SIMILARITY_EVERY) if alike else None
                made = Tap(pieces, kernel=KERNELS[kernel], sampled=sampled, **asked)
                run(tapped, made)
                row_sums(made, made.places)
                rows = [call.rows for call in made.calls if call.rows is not None]
                if rows:
                    DIVERGENCES[kernel](torch.cat(rows, 1))

        return measure

    yield PLAIN, unmeasured
    yield EVERYTHING, tap(attention_only, alike=True, places=places, values=True)
    yield NOT_ALIKE, tap(attention_only, places=places, values=True)
    yield NO_TREES, tap(attention_only, places=places, trees=False, values=True)
    yield LEAST, tap(attention_only, places=bare, trees=False)
    yield f"{LEAST}, the whole model", tap(forward, places=bare, trees=False)


def made_up(n_sentences: int, length: int, seed: int) -> Pieces:
    """Sentences from almost as long as `length` to that; every fifth word has two pieces."""
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.randint(length - length // 16, length + 1, (n_sentences,), generator=draw)
    lengths[0] = length
    place = torch.arange(length)
    inside = (place > 0) & (place < lengths[:, None] - 1)
    opens = inside & ((place == 1) | (torch.rand(n_sentences, length, generator=draw) > 0.2))
    # No word of more than two pieces: behind a piece that opens none, the next opens one.
    opens[:, 2:] |= inside[:, 2:] & ~opens[:, 1:-1]
    word = torch.where(inside, opens.cumsum(1) - 1, -1)
    classes = torch.zeros(n_sentences, length, len(KEY_CLASSES), dtype=torch.bool)
    for name in ("cls", "first", "special"):
        classes[:, 0, KEY_CLASSES.index(name)] = True
    for name in ("sep", "special"):
        classes[torch.arange(n_sentences), lengths - 1, KEY_CLASSES.index(name)] = True
    ids = torch.randint(5, 1000, (n_sentences, length), generator=draw)
    ids[~(place < lengths[:, None])] = 0
    return Pieces(ids, lengths, word, word.amax(1) + 1, classes)


def _said(times: Times, plain: Times) -> dict[str, Any]:
    middle, least, most = times.over(plain)
    return {"seconds": times.median, "ratio": middle, "least": least, "most": most}


def peak(run: Callable[[], object], device: str) -> float | None:
    """MiB over what was held before; None where there is no telling."""
    if torch.device(device).type != "cuda":
        return None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - before) / 2**20


def _machine(device: str) -> str:
    on_gpu = torch.device(device).type == "cuda"
    name = torch.cuda.get_device_name() if on_gpu else f"{torch.get_num_threads()} threads"
    return f"{name}, {platform.machine()}, torch {torch.__version__}"


if __name__ == "__main__":
    main()
