//! Tasks, batches, Adam, checkpoints and training events.
