//! Equivariant layers and models on candle, and their rivals.
