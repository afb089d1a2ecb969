"""Tokenizers: whole words that are frequent, and pieces of the rest.

The vocabulary is counted here rather than trained: the trainers of `tokenizers` break ties as their
threads happen to run, and a model is the same only if its vocabulary is. The longest piece that
fits is taken first (WordPiece), so a rare word falls into a known stem and single characters.
"""

from collections import Counter
from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from pipeline.nursery.recipes import Kind, Recipe

_SHORTEST_STEM = 3
_LONGEST_ENDING = 4
_STEMS_OF_AN_ENDING = 20
_MASKED = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]"} | {
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
_PLAIN = {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
_FRAMES: dict[Kind, tuple[str, dict[str, str]]] = {
    "mlm": ("[CLS] $A [SEP]", _MASKED),
    "clm": ("<s> $A", _PLAIN),
    "mt": ("$A </s>", _PLAIN),
}
"""What stands around a text, and the special pieces. A decoder's text starts with a piece that is
no word, as elsewhere: without one the first word would have nothing to look at."""


def tokenizer(recipe: Recipe, texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer for `texts`, which says where in a text its pieces stand."""
    frame, specials = _FRAMES[recipe.kind]
    normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=True
    )
    pieces = {
        piece: index
        for index, piece in enumerate(_pieces(recipe.vocabulary, specials.values(), texts))
    }
    unknown = specials["unk_token"]
    fast = Tokenizer(models.WordPiece(pieces, unk_token=unknown))
    fast.normalizer = normalizer
    # At spaces alone: "n't" and "10,000" are words of the corpora.
    fast.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast.decoder = decoders.WordPiece(cleanup=False)
    fast.post_processor = processors.TemplateProcessing(
        single=frame,
        special_tokens=[(p, pieces[p]) for p in specials.values() if p in frame.split()],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=fast, model_max_length=recipe.positions, **specials
    )


def special(words: PreTrainedTokenizerFast, name: str) -> int:
    """The id of a special piece: `pad`, `bos`, `cls`, … No kind has them all."""
    found = getattr(words, f"{name}_token_id")
    if not isinstance(found, int):
        raise ValueError(f"the tokenizer has no {name} piece")
    return found


def _pieces(size: int, specials: Iterable[str], texts: Iterable[str]) -> list[str]:
    """The special pieces, the characters, common endings, then words by falling frequency.

    A stem counts wherever one of its forms does, so that a form left out is a stem and an ending.
    """
    counts = Counter(word for text in texts for word in text.lower().split())
    characters = sorted({character for word in counts for character in word})
    splits = [(word, cut) for word in sorted(counts) for cut in _cuts(word) if word[:cut] in counts]
    stems = Counter(word[cut:] for word, cut in splits)
    endings = sorted(ending for ending, n in stems.items() if n >= _STEMS_OF_AN_ENDING)
    weights = Counter(counts)
    for word, cut in splits:
        if word[cut:] in endings:
            weights[word[:cut]] += counts[word]
    pieces = dict.fromkeys(specials)
    pieces |= dict.fromkeys(characters)
    pieces |= dict.fromkeys(f"##{piece}" for piece in (*characters, *endings))
    by_weight = sorted(weights, key=lambda word: (-weights[word], word))
    room = max(0, size - len(pieces))
    pieces |= dict.fromkeys([word for word in by_weight if word not in pieces][:room])
    return list(pieces)


def _cuts(word: str) -> range:
    """Where a word may fall into a stem and an ending."""
    return range(max(_SHORTEST_STEM, len(word) - _LONGEST_ENDING), len(word))
