"""Families of transformers: the configuration that makes each tiny, and what becomes of it."""

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
WIDE = {**SMALL, "intermediate_size": 48, "max_position_embeddings": 128}
GROUPED = {**WIDE, "num_key_value_heads": 2}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128}

ONE_STACK = {
    "bert": {**WIDE, "num_hidden_layers": 3},
    "roberta": {**WIDE, "max_position_embeddings": 130, "type_vocab_size": 1},
    "xlm-roberta": {**WIDE, "max_position_embeddings": 130, "type_vocab_size": 1},
    "camembert": {**WIDE, "max_position_embeddings": 130, "type_vocab_size": 1},
    "electra": {**WIDE, "embedding_size": 16},
    "albert": {**WIDE, "embedding_size": 16},
    "splinter": WIDE,  # bidirectional, and its modules do not say so
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}
    | {"max_position_embeddings": 128},
    "modernbert": {**WIDE, "local_attention": 6, "global_attn_every_n_layers": 2},
    "gpt2": GPT,
    "opt": {**SMALL, "ffn_dim": 48, "max_position_embeddings": 128, "word_embed_proj_dim": 32},
    "gpt_neox": WIDE,
    "gptj": {**GPT, "rotary_dim": 4},
    "codegen": {**GPT, "rotary_dim": 4},
    "llama": GROUPED,
    "mistral": {**GROUPED, "sliding_window": 5},
    "qwen2": GROUPED,
    "qwen3": {**GROUPED, "head_dim": 12},
    "gemma": {**GROUPED, "head_dim": 12},
    "gemma2": {**GROUPED, "head_dim": 12, "sliding_window": 5}
    | {"query_pre_attn_scalar": 12, "attn_logit_softcapping": 1.0},
    "gemma3_text": {**GROUPED, "head_dim": 12, "sliding_window": 5}
    | {"layer_types": ["sliding_attention", "full_attention"]},
    # Its layers differ in how wide their heads are.
    "gemma4_text": {**WIDE, "num_key_value_heads": 1, "head_dim": 8, "global_head_dim": 16}
    | {"layer_types": ["sliding_attention", "full_attention"], "sliding_window": 5}
    | {"hidden_size_per_layer_input": 0, "vocab_size_per_layer_input": 80},
    # Both experts are always asked: a choice between them would hang on the last digit.
    "gpt_oss": {**GROUPED, "head_dim": 12, "sliding_window": 5}
    | {"num_local_experts": 2, "num_experts_per_tok": 2},
    "granite_swa": {**GROUPED, "sliding_window": 5}
    | {"layer_types": ["sliding_attention", "full_attention"]},
    "phi3": GROUPED,
    "olmo2": GROUPED,
}

BART = {
    "d_model": 32, "encoder_layers": 2, "encoder_attention_heads": 4, "encoder_ffn_dim": 48,
    "decoder_layers": 3, "decoder_attention_heads": 2, "decoder_ffn_dim": 40,
    "max_position_embeddings": 128,
}  # fmt: skip
T5 = {
    "d_model": 32, "d_kv": 12, "d_ff": 48, "num_layers": 2, "num_decoder_layers": 3,
    "num_heads": 4, "decoder_start_token_id": 0,
}  # fmt: skip
SIDE = {**GROUPED, "head_dim": 12, "sliding_window": 5, "query_pre_attn_scalar": 12}
TWO_STACKS = {
    # Its stacks have configurations of their own.
    "t5gemma": {
        "encoder": {**SIDE, "layer_types": ["full_attention", "sliding_attention"]},
        "decoder": {**SIDE, "num_hidden_layers": 3, "attn_logit_softcapping": 1.0}
        | {"num_attention_heads": 2, "num_key_value_heads": 1}
        | {"layer_types": ["sliding_attention", "full_attention", "full_attention"]},
    },
    "bart": BART,
    "mbart": BART,
    "marian": {**BART, "decoder_start_token_id": 0, "scale_embedding": True},
    "pegasus": {**BART, "scale_embedding": True},
    "m2m_100": BART,
    "t5": T5,
    "mt5": T5,
    "umt5": {**T5, "feed_forward_proj": "gated-gelu"},
}

FAMILIES = ONE_STACK | TWO_STACKS
"""Families that are measured, each with more layers or heads on one side than on the other."""

CAUSAL = frozenset(ONE_STACK) - {
    "bert", "roberta", "xlm-roberta", "camembert", "electra", "albert", "splinter", "distilbert",
    "modernbert",
}  # fmt: skip

SINKS = frozenset({"gpt_oss", "granite_swa"})
"""Learned sinks take attention that goes to no key."""

PADDED = frozenset({"gpt2"})
"""Of one stack, but its sentences are not laid end to end: it counts a mask's rows itself."""

TOKENIZER_OF = {
    **dict.fromkeys(("roberta", "bart"), "byte_level_framed"),
    **dict.fromkeys(("gpt2", "gpt_neox", "gptj", "codegen"), "byte_level"),
    "opt": "byte_level_prefix",
    "t5gemma": "sentence_piece",
    **dict.fromkeys(CAUSAL - {"gpt2", "gpt_neox", "gptj", "codegen", "opt"}, "sentence_piece"),
    **dict.fromkeys(("xlm-roberta", "camembert", "m2m_100"), "sentence_piece_framed"),
    **dict.fromkeys(("marian", "pegasus", "t5", "mt5", "umt5"), "sentence_piece_eos"),
    "mbart": "sentence_piece_language",
}
"""Where it is not WordPiece."""

REFUSED = {
    # The tap is never called.
    "mpnet": WIDE,
    "deberta": WIDE,
    "deberta-v2": WIDE,
    "longformer": {**WIDE, "attention_window": 4},
    "big_bird": WIDE,
    "convbert": {**WIDE, "embedding_size": 16},
    "roformer": {**WIDE, "embedding_size": 32},
    "megatron-bert": WIDE,
    "squeezebert": {**WIDE, "embedding_size": 32},
    "rembert": WIDE,
    "luke": {**WIDE, "entity_vocab_size": 8},
    "xlnet": {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 48},
    "xlm": {"emb_dim": 32, "n_layers": 2, "n_heads": 4},
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "mpt": {"d_model": 32, "n_layers": 2, "n_heads": 4},
    "openai-gpt": GPT,
    "xglm": {"d_model": 32, "num_layers": 2, "attention_heads": 4, "ffn_dim": 48},
    "led": BART,
    "mvp": BART,
    "fsmt": {**BART, "langs": ["en", "de"], "src_vocab_size": 80, "tgt_vocab_size": 80},
    "bigbird_pegasus": BART,
    "prophetnet": {"hidden_size": 32, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48}
    | {f"num_{side}_layers": 2 for side in ("encoder", "decoder")}
    | {f"num_{side}_attention_heads": 4 for side in ("encoder", "decoder")},
    # No attention at all, or none in some of the layers.
    "fnet": {"hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 48},
    "mamba": {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4},
    "minimax": {**GROUPED, "head_dim": 8, "num_local_experts": 2, "num_experts_per_tok": 2},
    # No entry at load.
    "falcon": SMALL,
    "gpt_neo": {"hidden_size": 32, "num_layers": 2, "num_heads": 4}
    | {"attention_types": [[["global"], 2]]},
    # The forward pass's keywords are not handed on.
    "stablelm": WIDE,
    "nemotron": GROUPED,
    "longt5": T5,
    # Another kind of mask than the one that was made.
    "layoutlm": WIDE,
    "switch_transformers": {**T5, "num_experts": 2},
    # Two patterns to a head.
    "diffllama": GROUPED,
    # Attention by more than queries, keys and a mask: the keys of an index, sinks of another kind.
    "deepseek_v32": {
        **WIDE, "num_key_value_heads": 4, "kv_lora_rank": 8, "q_lora_rank": 8, "v_head_dim": 8,
        "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "n_routed_experts": 2, "n_group": 1,
        "topk_group": 1, "num_experts_per_tok": 2, "moe_intermediate_size": 16,
    },
    "inkling2_text": {**GROUPED, "head_dim": 8},
}  # fmt: skip
"""Families that are not, by what is wrong with them."""

REASONS = {
    **dict.fromkeys(("falcon", "gpt_neo"), "no entry for"),
    **dict.fromkeys(("stablelm", "nemotron", "longt5"), "do not hand on the keywords"),
    **dict.fromkeys(("layoutlm", "switch_transformers"), "not given the mask"),
    "minimax": "1 encoder calls for 2 layers",
    "diffllama": "4 encoder calls for 2 layers",
    "deepseek_v32": "attend by 'indices'",
    "inkling2_text": "attend by 'sinks'",
}
"""What a refusal says where it is not that there were no calls."""
