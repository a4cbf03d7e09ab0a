//! The plugin host (being written).
