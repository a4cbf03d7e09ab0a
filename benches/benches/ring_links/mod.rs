//! Queues behind one pair of traits, so that one loop drives them all.

use std::sync::Arc;
use std::sync::mpsc::{Receiver as StdReceiver, SyncSender, TryRecvError, sync_channel};

use crossbeam::queue::ArrayQueue;
use feed::ring::{Consumer, Poll, Producer, Publisher, Reader, account_ring, market_ring};

/// Records that a queue takes before it is full.
pub(crate) const CAPACITY: usize = 1024;

pub(crate) trait Writer<const N: usize>: Send {
    /// Whether there was room.
    fn put(&mut self, record: &[u64; N]) -> bool;
}

pub(crate) trait Taker<const N: usize>: Send {
    /// Whether there was a record, which is in `record` then.
    fn take(&mut self, record: &mut [u64; N]) -> bool;
}

/// A kind of queue.
pub(crate) trait Link<const N: usize> {
    type Writer: Writer<N>;
    type Taker: Taker<N>;
    fn link() -> (Self::Writer, Self::Taker);
}

pub(crate) struct MarketRing;

impl<const N: usize> Link<N> for MarketRing {
    type Writer = Publisher<N>;
    type Taker = Reader<N>;
    fn link() -> (Publisher<N>, Reader<N>) {
        let (publisher, subscribers) = market_ring(CAPACITY).expect("a power of two");
        (publisher, subscribers.reader())
    }
}

impl<const N: usize> Writer<N> for Publisher<N> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.publish_array(record);
        true
    }
}

impl<const N: usize> Taker<N> for Reader<N> {
    #[inline]
    fn take(&mut self, record: &mut [u64; N]) -> bool {
        match self.poll(record) {
            Poll::Record { .. } => true,
            Poll::Empty => false,
            other => panic!("this reader is never lapped: {other:?}"),
        }
    }
}

pub(crate) struct AccountRing;

impl<const N: usize> Link<N> for AccountRing {
    type Writer = Producer<N>;
    type Taker = Consumer<N>;
    fn link() -> (Producer<N>, Consumer<N>) {
        account_ring(CAPACITY).expect("a power of two")
    }
}

impl<const N: usize> Writer<N> for Producer<N> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.push(record).is_ok()
    }
}

impl<const N: usize> Taker<N> for Consumer<N> {
    #[inline]
    fn take(&mut self, record: &mut [u64; N]) -> bool {
        self.pop(record).is_some()
    }
}

pub(crate) struct Rtrb;

impl<const N: usize> Link<N> for Rtrb {
    type Writer = rtrb::Producer<[u64; N]>;
    type Taker = rtrb::Consumer<[u64; N]>;
    fn link() -> (Self::Writer, Self::Taker) {
        rtrb::RingBuffer::new(CAPACITY)
    }
}

impl<const N: usize> Writer<N> for rtrb::Producer<[u64; N]> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.push(*record).is_ok()
    }
}

impl<const N: usize> Taker<N> for rtrb::Consumer<[u64; N]> {
    #[inline]
    fn take(&mut self, record: &mut [u64; N]) -> bool {
        self.pop().map(|taken| *record = taken).is_ok()
    }
}

pub(crate) struct CrossbeamArrayQueue;

impl<const N: usize> Link<N> for CrossbeamArrayQueue {
    type Writer = Arc<ArrayQueue<[u64; N]>>;
    type Taker = Arc<ArrayQueue<[u64; N]>>;
    fn link() -> (Self::Writer, Self::Taker) {
        let queue = Arc::new(ArrayQueue::new(CAPACITY));
        (Arc::clone(&queue), queue)
    }
}

impl<const N: usize> Writer<N> for Arc<ArrayQueue<[u64; N]>> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.push(*record).is_ok()
    }
}

impl<const N: usize> Taker<N> for Arc<ArrayQueue<[u64; N]>> {
    #[inline]
    fn take(&mut self, record: &mut [u64; N]) -> bool {
        self.pop().map(|taken| *record = taken).is_some()
    }
}

pub(crate) struct StdSyncChannel;

impl<const N: usize> Link<N> for StdSyncChannel {
    type Writer = SyncSender<[u64; N]>;
    type Taker = StdReceiver<[u64; N]>;
    fn link() -> (Self::Writer, Self::Taker) {
        sync_channel(CAPACITY)
    }
}

impl<const N: usize> Writer<N> for SyncSender<[u64; N]> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.try_send(*record).is_ok()
    }
}

impl<const N: usize> Taker<N> for StdReceiver<[u64; N]> {
    #[inline]
    fn take(&mut self, record: &mut [u64; N]) -> bool {
        match self.try_recv() {
            Ok(taken) => {
                *record = taken;
                true
            }
            Err(TryRecvError::Empty) => false,
            Err(TryRecvError::Disconnected) => panic!("the sender outlives the receiver"),
        }
    }
}
