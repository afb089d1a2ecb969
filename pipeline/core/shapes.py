"""Shape annotations: `Float[Tensor, "sentence head query key"]`.

They are executed by the test run (jaxtyping with beartype). Where jaxtyping is not installed they
mean plain `Tensor`, so that the measuring floors run on a machine that holds torch alone.

Axis glossary, the same words everywhere:

    sentence   sentences of one batch            word     words of the longest sentence
    head       attention heads of one layer      piece    pieces of the longest sentence
    query      pieces that attend                key      pieces that are attended to
    channel    dimension of one head             offset   bins of signed distance, core.layout
    class      classes of key, core.names        few      keys of classes that few keys are in
    row        some sentences, or some queries   packed   pieces of all sentences, end to end
"""

from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int
else:
    try:
        from jaxtyping import Bool, Float, Int
    except ImportError:

        class _Plain:
            def __class_getitem__(cls, item):
                return item[0]

        Bool = Float = Int = _Plain

__all__ = ["Bool", "Float", "Int", "Tensor"]
