//! Frames as JSON for people.
