"""Names that tensors and tables share: classes of keys, and what an intervention does to heads.

No torch here: who only reads tables need not wait for it.
"""

KEY_CLASSES = ("cls", "bos", "sep", "eos", "first", "punct", "special")
"""Axis `class` of `Pieces.classes`. A piece may be in several; padding is in none."""

DUMP_CLASSES = ("cls", "sep", "first")
"""Of which the census asks whether a head dumps its attention on them. Few keys are in them."""

ON_KEYS = {
    "mask": "its keys are not seen: other weights grow to fill the row",
    "zero_value": "its values are zero; weights stay",
    "mean_value": "its values are their mean over the corpus (of previous_word: the mean of all"
    " words' values); weights stay",
    "mask_others": "control: as much weight is taken from other keys, and rows are filled",
    "zero_others": "control: as much weight is taken from other keys, and rows are not filled",
}
"""What is done to a class of keys. Of others no more can be taken than they have."""
ON_HEADS = {
    "no_head": "the head gives nothing",
    "mean_head": "the head gives its mean output over the corpus",
    "uniform": "the head attends to all keys in sight alike",
}
CONDITIONS = (*ON_KEYS, *ON_HEADS)
EDIT_CLASSES = ("sep", "cls", "bos", "first", "punct", "previous_word")
"""Classes of keys that interventions are about."""
DUMPED_ON = ("sep", "cls", "bos", "first")
"""Those of them that a head may dump its attention on, BOS among them."""
