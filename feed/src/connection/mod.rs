//! connection (being written)
