"""A kernel that makes changes to a model's attention calls, and is otherwise the portable one."""

from collections.abc import Sequence

import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.edit import Edit
from pipeline.core.names import CONDITIONS
from pipeline.core.shapes import Tensor
from pipeline.engines.changes import Change
from pipeline.engines.means import AtPlace
from pipeline.statistics.edited import attend_edited, class_keys
from pipeline.statistics.patterns import attention_pattern, output_of


class Editing:
    """A kernel that does a change to each row of a batch, from a model's call `first` on."""

    def __init__(self, changes: Sequence[Change], means: Sequence[AtPlace], first: int):
        self.changes = changes
        self.means = means
        self._next = first

    def __call__(self, call: AttentionCall) -> tuple[Tensor, Reduction]:
        k, self._next = self._next, self._next + 1
        if any(k in change.heads for change in self.changes):
            return attend_edited(call, self._edit(k, call)), Reduction()
        return output_of(attention_pattern(call), call), Reduction()

    def _edit(self, k: int, call: AttentionCall) -> Edit:
        device, at = call.query.device, self.means[k]
        condition = [CONDITIONS.index(change.condition) for change in self.changes]
        heads = torch.zeros(len(self.changes), at.n_heads, dtype=torch.bool)
        for row, change in enumerate(self.changes):
            heads[row, list(change.heads.get(k, ()))] = True
        value = torch.zeros(len(self.changes), *at.output.shape)
        n_keys = call.layout.visible.shape[2]
        keys = torch.zeros(len(self.changes), 1, n_keys, dtype=torch.bool, device=device)
        for name in {c.key_class for c in self.changes if c.key_class and k in c.heads}:
            rows = [c.key_class == name and k in c.heads for c in self.changes]
            value[rows] = at.values[name]
            of_class = torch.tensor(rows, device=device)[:, None, None]
            keys = keys | (class_keys(call.layout, name) & of_class)
        return Edit(
            torch.tensor(condition, device=device),
            heads.to(device),
            keys,
            value.to(device),
            at.output.to(device),
        )
