"""Group F: attention with some heads changed, and the sums that their means are made of."""

import torch

from pipeline.core.call import AttentionCall
from pipeline.core.edit import Edit
from pipeline.core.layout import Layout
from pipeline.core.names import EDIT_CLASSES, KEY_CLASSES
from pipeline.core.shapes import Bool, Float, Tensor
from pipeline.statistics.patterns import of_heads, output_of, pattern_and_leak

VALUE_CLASSES = (*KEY_CLASSES, "word")
"""Classes of keys whose mean value is kept; `word` are the pieces of words."""


def attend_edited(call: AttentionCall, edit: Edit) -> Float[Tensor, "row head query value_channel"]:
    """The call's output under an edit."""
    # A difference from 1 would know little of a leak that is nearly all, or nearly nothing.
    pattern, leak = pattern_and_leak(call)
    member = edit.keys.unsqueeze(1)
    mass = pattern.masked_fill(~member, 0.0).sum(-1)
    rest = pattern.masked_fill(member, 0.0).sum(-1)
    on_keys, on_others = _factors(edit, mass, rest, 0.0 if leak is None else leak)
    chosen = edit.heads[:, :, None]
    on_keys = torch.where(chosen, on_keys, 1.0).unsqueeze(-1)
    on_others = torch.where(chosen, on_others, 1.0).unsqueeze(-1)
    pattern = pattern * torch.where(member, on_keys, on_others)
    if edit.where("uniform").any():
        flat = edit.where("uniform") & chosen
        pattern = torch.where(flat.unsqueeze(-1), call.layout.uniform, pattern)
    output = output_of(pattern, call)
    mean_of_keys = (mass * (edit.where("mean_value") & chosen)).unsqueeze(-1)
    output = output + (mean_of_keys * edit.value.unsqueeze(2)).to(output.dtype)
    replaced = (edit.where("mean_head") & chosen).unsqueeze(-1)
    output = torch.where(replaced, edit.output[:, None].to(output.dtype), output)
    return output.masked_fill((edit.where("no_head") & chosen).unsqueeze(-1), 0.0)


def _factors(
    edit: Edit,
    mass: Float[Tensor, "row head query"],
    rest: Float[Tensor, "row head query"],
    leak: Float[Tensor, "row head query"] | float,
) -> tuple[Float[Tensor, "row head query"], Float[Tensor, "row head query"]]:
    """What weights on the keys, and on others, are multiplied with.

    A query that sees no other key is left as it is by a mask: there is nothing to fill its row
    with. What a learned sink takes, `leak`, grows with the other weights.
    """
    one = torch.ones_like(mass)
    on_keys, on_others = one, one
    seen = rest + leak
    masks = edit.where("mask") & (seen > _NOTHING)
    on_keys = torch.where(masks, 0.0, on_keys)
    on_others = torch.where(masks, (mass + seen) / seen, on_others)
    for name in ("zero_value", "mean_value"):
        on_keys = torch.where(edit.where(name), 0.0, on_keys)
    taken = torch.minimum(mass, rest)
    kept = torch.where(rest > 0, (rest - taken) / rest, one)
    on_others = torch.where(edit.where("zero_others"), kept, on_others)
    whole = mass + seen
    # The whole less what is taken, without a difference of nearly equal numbers.
    left = torch.maximum(mass, rest) + leak
    grown = torch.where(left > 0, whole / torch.where(left > 0, left, one), one)  # padding: 0 / 0
    fills = edit.where("mask_others")
    on_keys = torch.where(fills, grown, on_keys)
    return on_keys, torch.where(fills, kept * grown, on_others)


def class_keys(layout: Layout, name: str) -> Bool[Tensor, "sentence #query key"]:
    """The keys of a class, for each query where it hangs on that."""
    if name == "previous_word":
        return layout.previous_word
    return layout.keys.in_class(name).unsqueeze(1)


def classes_at(is_self: bool) -> tuple[str, ...]:
    """Across two sequences no word is before another."""
    return tuple(name for name in EDIT_CLASSES if is_self or name != "previous_word")


def value_sums(
    call: AttentionCall, output: Float[Tensor, "sentence head query value_channel"]
) -> tuple[Float[Tensor, "class head value_channel"], Float[Tensor, "head value_channel"]]:
    """Values summed over the keys of each of `VALUE_CLASSES`, and outputs over the queries.

    Outputs of padding are 0.
    """
    layout = call.layout
    members = layout.packed_value_members if call.packed else layout.value_members.flatten(0, 1)
    # Heads lie side by side: one product for all of them.
    side_by_side = call.value.float().transpose(1, 2).flatten(2).flatten(0, 1)
    sums = (members.T @ side_by_side).unflatten(1, (call.value.shape[1], -1))
    return of_heads(sums, call), output.float().sum((0, 2))


_NOTHING = 1e-30
"""Less than this is no weight that a row could be filled with."""


def special_by_word(
    pattern: Float[Tensor, "sentence head query key"], layout: Layout
) -> Float[Tensor, "sentence head query_word"]:
    """Mass on special pieces of each word, the mean over its pieces; 0 of one without pieces."""
    special = layout.key_classes[..., KEY_CLASSES.index("special")]
    of_query = pattern @ special[:, None, :, None]
    words = layout.query_words
    return words.mean_of_columns(of_query.mT).squeeze(2)
