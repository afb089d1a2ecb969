"""Edits: what an intervention does to heads, and where the conditions are named.

Of a class of keys, for each query: m is the weight on them, the rest is on other keys.
"""

from dataclasses import dataclass

from pipeline.core.shapes import Bool, Float, Int, Tensor

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
"""Those of them that a head may dump its attention on."""


@dataclass(frozen=True)
class Edit:
    """What is done in one attention call, row by row of a batch.

    `condition` counts in `CONDITIONS`; it is done to `heads` and, where it is about keys, to
    `keys`. `value` is the mean of the class's values, `output` that of the head's output.
    """

    condition: Int[Tensor, " row"]
    heads: Bool[Tensor, "row head"]
    keys: Bool[Tensor, "row #query key"]
    value: Float[Tensor, "row head value_channel"]
    output: Float[Tensor, "head value_channel"]

    def where(self, name: str) -> Bool[Tensor, "row 1 1"]:
        """Rows under a condition."""
        return (self.condition == CONDITIONS.index(name))[:, None, None]
