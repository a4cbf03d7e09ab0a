//! The order machine against every order of frames that the broker can send, and some it should not.

mod broker;
mod frames;
mod lost;
mod model;
mod support;
