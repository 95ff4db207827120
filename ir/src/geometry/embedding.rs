//! Embeddings.

/// The sizes of an embedding: x `[len]` indices, y `[len][features]`, weight `[bound][features]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Embedding {
    /// The number of indices.
    pub len: usize,
    /// The numbers of a row.
    pub features: usize,
    /// The row that is never learned; `usize::MAX` for none.
    pub padding_index: usize,
}
