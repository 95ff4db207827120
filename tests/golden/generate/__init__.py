"""The golden vectors: PyTorch's numbers for every layer, loss, optimizer and schedule, in files that the tests read."""
