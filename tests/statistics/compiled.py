"""Compile the triton kernel's programs for GPUs that need not be there: python -m, as a process of
its own, since here Triton's interpreter must not be chosen.
"""

import sys
from typing import Any

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from pipeline.statistics import (
    fused,
    fused_kernels,
    fused_similarity,
    fused_sums,
    fused_trees,
    fused_words,
)
from pipeline.statistics.fused_tiles import OF_BATCHES

PROGRAMS = (
    *(fused_kernels.attend, fused_kernels.measure, fused_words.point),
    *(fused_sums.add_up, fused_sums.give),
)
OF_CALL = ("query", "key", "value", "output")
LONG = ("n_queries", "n_keys", "n_seeing", "few_keys", "where", "packed_from")
SHORT = ("to", "to_norm", "tree", "tree_max")
INTS = ("query_facts", "key_facts", "query_starts", "key_starts")
REALS = (
    *("bias", "sinks", "level", "log", "length", "rows", "columns"),
    *("band", "received", "words", "f"),
    *("per_choice", "key_classes", "query_groups", "few_members", "given", "energy"),
    *("sums", "offset_mass", "argmax_offset", "flat", "parts"),
)


LONG_NAMES = {"fp32": "float32", "bf16": "bfloat16"}


def kind(name: str, dtype: str) -> str | tuple[str, ...]:
    """What a program is given by a name, as Triton writes types."""
    pointers = {OF_CALL: dtype, LONG: "i64", SHORT: "i16", INTS: "i32", REALS: "fp32"}
    for names, of in {**pointers, ("visible", "node"): "u8"}.items():
        if name in names:
            return f"*{of}"
    if name.endswith("_strides"):
        return ("i32",) * (4 if name == "bias_strides" else 3)
    return "fp32" if name in ("scaling", "softcap", "least") else "i32"


def compile_one(program: Any, capability: int, dtype: str, fixed: dict[str, Any]) -> None:
    signature = {
        name: "constexpr" if name in fixed else kind(name, dtype) for name in program.arg_names
    }
    constants = {(program.arg_names.index(k),): v for k, v in fixed.items() if k in signature}
    given = {name: of for name, of in signature.items() if name in program.arg_names}
    # As torch's own memory lies, and as sizes of models are.
    aligned = [["tt.divisibility", 16]]
    pointers = (k for k, n in enumerate(program.arg_names) if str(signature[n]).startswith("*"))
    known = {(k,): aligned for k in pointers if program.arg_names[k] not in OF_BATCHES}
    warps = 4
    if program is not fused_kernels.attend and "C" in fixed:
        hides = "visible" not in fixed and program is fused_kernels.measure
        warps = fused.warps(getattr(torch, LONG_NAMES[dtype]), fixed["C"], hides)
    made = triton.compile(
        ASTSource(program, given, constants, known),
        target=GPUTarget("cuda", capability, 32),
        options={"num_warps": warps},
    )
    assert made.asm["cubin"]
    print(program.__name__, capability, dtype, fixed.get("C"), "shared", made.metadata.shared)
    # What a block may have on every GPU of 2020 and later. With less the portable kernel measures.
    assert made.metadata.shared <= 99 * 1024


def main() -> None:
    bare = {"bias": None, "softcap": None, "sinks": None, "visible": None}
    bare |= {"length": None, "f": None, "packed_from": None}
    for capability, dtype, channels in ((80, "fp32", 64), (90, "bf16", 64), (80, "bf16", 128)):
        sizes = {"C": channels, "V": channels, "TILE": fused.SIZE}
        output_sizes = fused.output_sizes(getattr(torch, LONG_NAMES[dtype]), channels)
        of_self = {"IS_SELF": True, "SEGMENTS": True, "OF_KEYS": True, "words": None}
        of_self["CAUSAL"] = False
        causal = of_self | {"SEGMENTS": False, "OF_KEYS": False, "CAUSAL": True, "visible": None}
        del causal["words"]
        across = {"IS_SELF": False, "SEGMENTS": False, "OF_KEYS": False, "CAUSAL": False} | bare
        for program in PROGRAMS:
            more = {
                fused_kernels.attend: {"TILE": output_sizes["TILE"]},
                fused_kernels.measure: {"FEW": fused.LEAST},
                fused_sums.add_up: {"TILE": fused.SUMS_SIZE},
                fused_sums.give: {"TILE": fused.SUMS_SIZE, "FEW": fused.MOST_FEW},
            }.get(program, {})
            for fixed in (of_self, across, causal):
                if fixed is causal and "CAUSAL" not in program.arg_names:
                    continue
                known = {k: v for k, v in (sizes | fixed | more).items() if k in program.arg_names}
                compile_one(program, capability, dtype, known)
        for wide in (fused.WORDS_A_WARP, 1024):
            compile_one(fused_trees.grow, capability, dtype, {"WORDS": wide})
        sides = {"HEADS": fused_similarity.HEADS, "WEIGHTS": fused_similarity.WEIGHTS}
        compile_one(fused_similarity.diverge, capability, dtype, sides)


if __name__ == "__main__":
    sys.exit(main())
