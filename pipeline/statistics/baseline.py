"""What a head without any preference would give: facts of a batch, whatever model reads it."""

import torch

from pipeline.core.call import AttentionCall
from pipeline.core.layout import Layout
from pipeline.core.names import KEY_CLASSES
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.kernels import Kernel
from pipeline.statistics.portable import attend


def baseline(layout: Layout, kernel: Kernel = attend) -> dict[str, Float[Tensor, " sentence"]]:
    """Masses of a head that scores all keys alike, measured as any other; and how many queries and
    keys there are."""
    n_sentences, n_queries, n_keys = layout.visible.shape
    query, key = (
        layout.visible.new_zeros((n_sentences, 1, n, 1), dtype=torch.float32)
        for n in (n_queries, n_keys)
    )
    _, alike = kernel(AttentionCall(query, key, key, 1.0, layout, trees=False))
    of_class = layout.key_classes.sum(1)
    return {
        "n_queries": layout.query_groups[:, 0].sum(-1),
        "n_queries_cls": layout.query_groups[:, 1].sum(-1),
        "n_queries_sep": layout.query_groups[:, 2].sum(-1),
        "n_queries_choice": (layout.n_visible > 1).sum(-1).float(),
        "n_keys": layout.keys.lengths.float(),
        **{f"n_keys_{name}": of_class[:, k] for k, name in enumerate(KEY_CLASSES)},
        **{
            f"uniform_{name}": mass.squeeze(1)
            for name, mass in alike.sums.items()
            if name.startswith(("mass_", "segment_"))
        },
    }
