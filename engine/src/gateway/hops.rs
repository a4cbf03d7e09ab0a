//! stub
use crate::desk::Tag;
use crate::telemetry::Recorder;
use strategy_api::UnixNanos;
/// stub
#[derive(Debug)]
pub struct OrderHops;
impl OrderHops {
    /// stub
    pub fn new(_n: usize) -> Self { Self }
    /// stub
    pub fn decided(&mut self, _t: Tag, _c: UnixNanos, _s: UnixNanos, _g: UnixNanos) {}
    /// stub
    pub fn journaled(&mut self, _t: Tag, _at: UnixNanos, _r: &mut Recorder) {}
    /// stub
    pub fn written(&mut self, _t: Tag, _at: UnixNanos, _r: &mut Recorder) {}
    /// stub
    pub fn replied(&mut self, _t: Tag, _at: UnixNanos, _r: &mut Recorder) {}
    /// stub
    pub fn ended(&mut self, _t: Tag) {}
}
