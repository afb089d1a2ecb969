"""headcensus: a census of the attention heads in transformer models."""
