"""A real MarianTokenizer, which is slow and without offsets: its models are trained here."""

import io
import json
import warnings
from collections.abc import Iterable
from pathlib import Path

import sentencepiece
from transformers import MarianConfig, MarianModel, MarianTokenizer

LANGUAGE = ">>fra<<"


def save(folder: Path, source: Iterable[str], target: Iterable[str], **training) -> Path:
    """A checkpoint folder whose two sides are cut by models of their own, into one vocabulary."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {"</s>": 0, "<unk>": 1}
    for side, lines in (("source", source), ("target", target)):
        written = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=written, vocab_size=300, minloglevel=2,
            bos_id=-1, pad_id=-1, eos_id=0, unk_id=1, num_threads=1, **training,
        )  # fmt: skip
        (folder / f"{side}.spm").write_bytes(written.getvalue())
        model = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
        for piece in range(model.get_piece_size()):
            vocabulary.setdefault(model.id_to_piece(piece), len(vocabulary))
    for piece in (LANGUAGE, "<pad>"):
        vocabulary[piece] = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    files = [str(folder / name) for name in ("source.spm", "target.spm", "vocab.json")]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
        MarianTokenizer(*files, model_max_length=60).save_pretrained(folder)
    pad = vocabulary["<pad>"]
    config = MarianConfig(
        vocab_size=len(vocabulary), d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=8, decoder_ffn_dim=8,
        pad_token_id=pad, decoder_start_token_id=pad, eos_token_id=0, max_position_embeddings=64,
    )  # fmt: skip
    MarianModel(config).save_pretrained(folder)
    return folder
