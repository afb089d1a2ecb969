"""What statistics cost: time and memory over a forward pass that measures nothing."""
