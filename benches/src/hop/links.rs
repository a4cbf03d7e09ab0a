//! Queues behind one pair of traits, so that one loop drives them all, each used as its own
//! documentation advises.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver as StdReceiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use crossbeam::channel::{Receiver as BoundedReceiver, Sender as BoundedSender, bounded};
use crossbeam::queue::ArrayQueue;
use disruptor::{
    BusySpin, EventPoller, Producer as _, SingleConsumerBarrier, SingleProducer,
    SingleProducerBarrier, build_single_producer,
};
use feed::ring::{Consumer, Poll, Producer, Publisher, Reader, account_ring, market_ring};

/// Records that a queue takes before it is full.
pub const CAPACITY: usize = 1024;

/// The writing end.
pub trait Writer<const N: usize>: Send {
    /// Whether there was room.
    fn put(&mut self, record: &[u64; N]) -> bool;
}

/// The reading end.
pub trait Taker<const N: usize>: Send {
    /// Shows the next record to `look`, if there is one, and takes it. Says whether there was one.
    fn take(&mut self, look: impl FnMut(&[u64; N])) -> bool;
}

/// A kind of queue.
pub trait Link<const N: usize> {
    /// Its writing end.
    type Writer: Writer<N>;
    /// Its reading end.
    type Taker: Taker<N>;
    /// Makes a queue of [`CAPACITY`] records.
    fn link() -> (Self::Writer, Self::Taker);
}

/// `feed::ring`, one publisher and any number of readers. The reader copies the record out.
#[derive(Debug)]
pub struct MarketRing;

/// A reader and its buffer.
#[derive(Debug)]
pub struct MarketTaker<const N: usize> {
    reader: Reader<N>,
    buffer: [u64; N],
}

impl<const N: usize> Link<N> for MarketRing {
    type Writer = Publisher<N>;
    type Taker = MarketTaker<N>;
    fn link() -> (Publisher<N>, MarketTaker<N>) {
        let (publisher, subscribers) = market_ring(CAPACITY).expect("a power of two");
        (publisher, MarketTaker { reader: subscribers.reader(), buffer: [0; N] })
    }
}

impl<const N: usize> Writer<N> for Publisher<N> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.publish_array(record);
        true
    }
}

impl<const N: usize> Taker<N> for MarketTaker<N> {
    #[inline]
    fn take(&mut self, mut look: impl FnMut(&[u64; N])) -> bool {
        match self.reader.poll(&mut self.buffer) {
            Poll::Record { .. } => {
                look(&self.buffer);
                true
            }
            Poll::Empty => false,
            other => panic!("this reader is never lapped: {other:?}"),
        }
    }
}

/// `feed::ring`, one producer and one consumer, nothing lost.
#[derive(Debug)]
pub struct AccountRing;

/// A consumer and its buffer.
#[derive(Debug)]
pub struct AccountTaker<const N: usize> {
    consumer: Consumer<N>,
    buffer: [u64; N],
}

impl<const N: usize> Link<N> for AccountRing {
    type Writer = Producer<N>;
    type Taker = AccountTaker<N>;
    fn link() -> (Producer<N>, AccountTaker<N>) {
        let (producer, consumer) = account_ring(CAPACITY).expect("a power of two");
        (producer, AccountTaker { consumer, buffer: [0; N] })
    }
}

impl<const N: usize> Writer<N> for Producer<N> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.push(record).is_ok()
    }
}

impl<const N: usize> Taker<N> for AccountTaker<N> {
    #[inline]
    fn take(&mut self, mut look: impl FnMut(&[u64; N])) -> bool {
        let taken = self.consumer.pop(&mut self.buffer).is_some();
        if taken {
            look(&self.buffer);
        }
        taken
    }
}

/// `rtrb`: `push` moves the record in, `pop` moves it out.
#[derive(Debug)]
pub struct Rtrb;

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
    fn take(&mut self, mut look: impl FnMut(&[u64; N])) -> bool {
        self.pop().map(|record| look(&record)).is_ok()
    }
}

/// `rtrb` through its chunks: the slice goes straight into the slot, and the record is looked at where
/// it lies. Nothing is copied out.
#[derive(Debug)]
pub struct RtrbInPlace;

/// An end of `rtrb` that goes by chunks.
#[derive(Debug)]
pub struct Chunked<T>(T);

impl<const N: usize> Link<N> for RtrbInPlace {
    type Writer = Chunked<rtrb::Producer<[u64; N]>>;
    type Taker = Chunked<rtrb::Consumer<[u64; N]>>;
    fn link() -> (Self::Writer, Self::Taker) {
        let (producer, consumer) = rtrb::RingBuffer::new(CAPACITY);
        (Chunked(producer), Chunked(consumer))
    }
}

impl<const N: usize> Writer<N> for Chunked<rtrb::Producer<[u64; N]>> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.0.push_entire_slice(std::slice::from_ref(record)).is_ok()
    }
}

impl<const N: usize> Taker<N> for Chunked<rtrb::Consumer<[u64; N]>> {
    #[inline]
    fn take(&mut self, mut look: impl FnMut(&[u64; N])) -> bool {
        let Ok(chunk) = self.0.read_chunk(1) else { return false };
        look(&chunk.as_slices().0[0]);
        chunk.commit_all();
        true
    }
}

/// `crossbeam::queue::ArrayQueue`.
#[derive(Debug)]
pub struct CrossbeamArrayQueue;

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
    fn take(&mut self, mut look: impl FnMut(&[u64; N])) -> bool {
        self.pop().map(|record| look(&record)).is_some()
    }
}

/// `crossbeam::channel::bounded`, without blocking.
#[derive(Debug)]
pub struct CrossbeamChannel;

impl<const N: usize> Link<N> for CrossbeamChannel {
    type Writer = BoundedSender<[u64; N]>;
    type Taker = BoundedReceiver<[u64; N]>;
    fn link() -> (Self::Writer, Self::Taker) {
        bounded(CAPACITY)
    }
}

impl<const N: usize> Writer<N> for BoundedSender<[u64; N]> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.try_send(*record).is_ok()
    }
}

impl<const N: usize> Taker<N> for BoundedReceiver<[u64; N]> {
    #[inline]
    fn take(&mut self, mut look: impl FnMut(&[u64; N])) -> bool {
        self.try_recv().map(|record| look(&record)).is_ok()
    }
}

/// `std::sync::mpsc::sync_channel`, without blocking.
#[derive(Debug)]
pub struct StdSyncChannel;

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
    fn take(&mut self, mut look: impl FnMut(&[u64; N])) -> bool {
        self.try_recv().map(|record| look(&record)).is_ok()
    }
}

/// `disruptor` with one producer, `BusySpin`, and a poller, so that its consumer runs in the same loop
/// as all the others. The record is looked at where it lies.
#[derive(Debug)]
pub struct Disruptor;

/// The producer of a disruptor.
#[expect(missing_debug_implementations, reason = "what it holds has none")]
pub struct DisruptorWriter<const N: usize>(SingleProducer<[u64; N], SingleConsumerBarrier>);

/// The poller of a disruptor.
#[expect(missing_debug_implementations, reason = "what it holds has none")]
pub struct DisruptorTaker<const N: usize>(EventPoller<[u64; N], SingleProducerBarrier>);

impl<const N: usize> Link<N> for Disruptor {
    type Writer = DisruptorWriter<N>;
    type Taker = DisruptorTaker<N>;
    fn link() -> (Self::Writer, Self::Taker) {
        let (poller, builder) =
            build_single_producer(CAPACITY, || [0; N], BusySpin).new_event_poller();
        (DisruptorWriter(builder.build()), DisruptorTaker(poller))
    }
}

impl<const N: usize> Writer<N> for DisruptorWriter<N> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        self.0.try_publish(|slot| *slot = *record).is_ok()
    }
}

impl<const N: usize> Taker<N> for DisruptorTaker<N> {
    #[inline]
    fn take(&mut self, mut look: impl FnMut(&[u64; N])) -> bool {
        let Ok(mut events) = self.0.take(1) else { return false };
        (&mut events).for_each(&mut look);
        true
    }
}

/// What one would write first: a lock and a deque.
#[derive(Debug)]
pub struct Naive;

impl<const N: usize> Link<N> for Naive {
    type Writer = Arc<Mutex<VecDeque<[u64; N]>>>;
    type Taker = Arc<Mutex<VecDeque<[u64; N]>>>;
    fn link() -> (Self::Writer, Self::Taker) {
        let queue = Arc::new(Mutex::new(VecDeque::with_capacity(CAPACITY)));
        (Arc::clone(&queue), queue)
    }
}

impl<const N: usize> Writer<N> for Arc<Mutex<VecDeque<[u64; N]>>> {
    #[inline]
    fn put(&mut self, record: &[u64; N]) -> bool {
        let mut queue = self.lock().expect("nobody panics in here");
        let room = queue.len() < CAPACITY;
        if room {
            queue.push_back(*record);
        }
        room
    }
}

impl<const N: usize> Taker<N> for Arc<Mutex<VecDeque<[u64; N]>>> {
    #[inline]
    fn take(&mut self, mut look: impl FnMut(&[u64; N])) -> bool {
        let record = self.lock().expect("nobody panics in here").pop_front();
        record.map(|record| look(&record)).is_some()
    }
}
