"""How long a sequence a model can read as it was made to."""

from pipeline.core.stacks import stacks

UNLIMITED = 1_000_000
"""Tokenizers without a limit of their own state an astronomic one."""


def max_pieces(config, tokenizer) -> int:
    """The longest sequence a model can read, from its tokenizer and its position table."""
    limits = [tokenizer.model_max_length]
    for of_stack in stacks(config):
        positions = getattr(of_stack, "max_position_embeddings", None)
        if positions is not None:
            # RoBERTa and its kin number positions from padding_idx + 1 in a table that has room.
            after = config.model_type in _POSITIONS_AFTER_PADDING
            limits.append(positions - (config.pad_token_id + 1 if after else 0))
    # Beyond that all positions of a batch are turned otherwise, those of short sentences too.
    rotations = [of for of_stack in stacks(config) for of in _rotations(of_stack)]
    limits += [limit for limit in map(_turned_alike, rotations) if limit]
    limits = [limit for limit in limits if limit and limit < UNLIMITED]
    return min(limits, default=UNLIMITED)


def _rotations(config) -> list[dict]:
    """Of all layers, or of each kind of layer."""
    given = getattr(config, "rope_parameters", None) or {}
    return [given, *(of for of in given.values() if isinstance(of, dict))]


def _turned_alike(rotation: dict) -> int | None:
    """Up to how many pieces positions are turned as the model was trained first (LongRoPE, Ding et
    al. 2024, §3.3)."""
    longrope = rotation.get("rope_type") == "longrope"
    return rotation.get("original_max_position_embeddings") if longrope else None


_POSITIONS_AFTER_PADDING = frozenset(
    {
        "roberta",
        "xlm-roberta",
        "xlm-roberta-xl",
        "camembert",
        "data2vec-text",
        "roberta-prelayernorm",
    }
    | {"longformer", "mpnet", "xmod", "esm", "ibert"}
)
