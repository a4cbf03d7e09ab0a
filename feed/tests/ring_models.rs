//! Both rings against models that are too simple to be wrong: a list of everything that was ever
//! written.

mod ring_support;

use std::collections::VecDeque;

use feed::ring::{Poll, PushError, Reader, RecordTooLong, account_ring_from, market_ring_from};
use proptest::collection::vec;
use proptest::prelude::*;
use ring_support::W;

/// Where sequences begin: at home, and where they wrap around soon.
fn first() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), (0..100_u64).prop_map(u64::wrapping_neg), any::<u64>()]
}

/// A record; a few are too long for a slot.
fn words() -> impl Strategy<Value = Vec<u64>> {
    vec(any::<u64>(), 0..W + 2)
}

#[derive(Debug, Clone)]
enum MarketStep {
    Publish(Vec<u64>),
    /// Written in place from the last word to the first, and published or given up.
    Claim(Vec<u64>, bool),
    Join(Join),
    /// Poll with one of the readers, so many times.
    Poll(prop::sample::Index, usize),
    Close,
}

#[derive(Debug, Clone, Copy)]
enum Join {
    Newest,
    Next,
    Start,
}

fn market_step() -> impl Strategy<Value = MarketStep> {
    let join = prop_oneof![Just(Join::Newest), Just(Join::Next), Just(Join::Start)];
    prop_oneof![
        8 => words().prop_map(MarketStep::Publish),
        2 => (words(), any::<bool>()).prop_map(|(words, kept)| MarketStep::Claim(words, kept)),
        2 => join.prop_map(MarketStep::Join),
        8 => (any::<prop::sample::Index>(), 1..6_usize)
            .prop_map(|(reader, times)| MarketStep::Poll(reader, times)),
        1 => Just(MarketStep::Close),
    ]
}

/// Everything that was ever published, by its number from 0.
#[derive(Debug, Default)]
struct MarketModel {
    capacity: usize,
    published: Vec<Vec<u64>>,
    /// The oldest number a reader can still have; a claim moves it even when it is given up.
    oldest: usize,
    closed: bool,
}

#[derive(Debug, PartialEq)]
enum Answer {
    Empty,
    Record(usize, Vec<u64>),
    Gap(usize),
    Closed,
}

impl MarketModel {
    fn claim(&mut self) {
        self.oldest = (self.published.len() + 1).saturating_sub(self.capacity);
    }

    fn publish(&mut self, words: &[u64]) {
        self.claim();
        self.published.push(words.to_vec());
    }

    /// What a reader gets that wants number `next`, which goes on.
    fn poll(&self, next: &mut usize) -> Answer {
        let count = self.published.len();
        if *next == count {
            return if self.closed { Answer::Closed } else { Answer::Empty };
        }
        let wanted = *next;
        if wanted < self.oldest {
            *next = count - 1;
            return Answer::Gap(count - 1 - wanted);
        }
        *next += 1;
        Answer::Record(wanted, self.published[wanted].clone())
    }
}

fn poll(reader: &mut Reader<W>, first: u64) -> Answer {
    match reader.poll(&mut [0; W]) {
        Poll::Empty => Answer::Empty,
        Poll::Record { sequence, words } => {
            Answer::Record(sequence.wrapping_sub(first) as usize, words.to_vec())
        }
        Poll::Gap { lost } => Answer::Gap(lost as usize),
        Poll::Closed => Answer::Closed,
    }
}

fn too_long(words: &[u64]) -> RecordTooLong {
    RecordTooLong { words: words.len(), words_max: W }
}

proptest! {
    #[test]
    fn the_market_ring_does_what_its_model_does(
        first in first(),
        capacity_log in 1..5_u32,
        steps in vec(market_step(), 1..200),
    ) {
        let capacity = 1 << capacity_log;
        let (publisher, subscribers) = market_ring_from::<W>(capacity, first).unwrap();
        let mut publisher = Some(publisher);
        let mut model = MarketModel { capacity, ..MarketModel::default() };
        let mut readers = vec![(subscribers.reader(), 0)];
        for step in steps {
            let count = model.published.len();
            let sequence = first.wrapping_add(count as u64);
            match (step, &mut publisher) {
                (MarketStep::Publish(words), Some(publisher)) => {
                    let answer = publisher.publish(&words);
                    if words.len() <= W {
                        prop_assert_eq!(answer, Ok(sequence));
                        model.publish(&words);
                    } else {
                        prop_assert_eq!(answer, Err(too_long(&words)));
                    }
                }
                (MarketStep::Claim(words, kept), Some(publisher)) => {
                    let mut claim = publisher.claim();
                    model.claim();
                    for (index, word) in words.iter().enumerate().rev() {
                        claim.write(index, *word);
                    }
                    if kept {
                        let answer = claim.commit(words.len());
                        if words.len() <= W {
                            prop_assert_eq!(answer, Ok(sequence));
                            model.publish(&words);
                        } else {
                            prop_assert_eq!(answer, Err(too_long(&words)));
                        }
                    }
                }
                (MarketStep::Join(Join::Newest), _) => {
                    readers.push((subscribers.reader(), count.saturating_sub(1)));
                }
                (MarketStep::Join(Join::Next), _) => {
                    readers.push((subscribers.reader_from_next(), count));
                }
                (MarketStep::Join(Join::Start), _) => {
                    readers.push((subscribers.reader_from_start(), 0));
                }
                (MarketStep::Poll(which, times), _) => {
                    let at = which.index(readers.len());
                    let (reader, next) = &mut readers[at];
                    for _ in 0..times {
                        prop_assert_eq!(reader.backlog(), (count - *next) as u64);
                        let expected = model.poll(next);
                        prop_assert_eq!(reader.is_ready(), expected != Answer::Empty);
                        prop_assert_eq!(poll(reader, first), expected);
                    }
                }
                (MarketStep::Close, publisher) => {
                    *publisher = None;
                    model.closed = true;
                }
                (_, None) => {}
            }
            prop_assert_eq!(subscribers.published(), model.published.len() as u64);
            prop_assert_eq!(subscribers.is_closed(), model.closed);
        }
    }

    #[test]
    fn the_account_ring_does_what_its_model_does(
        first in first(),
        capacity_log in 0..5_u32,
        steps in vec(prop_oneof![3 => words().prop_map(Some), 2 => Just(None)], 1..200),
    ) {
        let capacity = 1 << capacity_log;
        let (mut producer, mut consumer) = account_ring_from::<W>(capacity, first).unwrap();
        let mut model = VecDeque::new();
        let mut high_water = 0;
        for step in steps {
            match step {
                Some(words) => {
                    let answer = producer.push(&words);
                    if words.len() > W {
                        prop_assert_eq!(answer, Err(PushError::TooLong(too_long(&words))));
                    } else if model.len() == capacity {
                        prop_assert_eq!(answer, Err(PushError::Full));
                    } else {
                        prop_assert_eq!(answer, Ok(()));
                        model.push_back(words);
                        high_water = high_water.max(model.len());
                    }
                }
                None => {
                    let mut buffer = [0; W];
                    let popped = consumer.pop(&mut buffer).map(<[u64]>::to_vec);
                    prop_assert_eq!(popped, model.pop_front());
                }
            }
            prop_assert_eq!(consumer.is_empty(), model.is_empty());
            prop_assert_eq!(producer.high_water(), high_water as u64);
        }
        drop(producer);
        let mut buffer = [0; W];
        while let Some(words) = model.pop_front() {
            prop_assert!(!consumer.is_closed());
            prop_assert_eq!(consumer.pop(&mut buffer), Some(&words[..]));
        }
        prop_assert!(consumer.is_closed());
        prop_assert_eq!(consumer.pop(&mut buffer), None);
    }
}
