//! The own orders that can still fill, and what each of them could do at worst.
//!
//! # Hot path
//! A fixed number of places, taken at the start. Finding an order by its id is one look into a table
//! that is at most half full; nothing is allocated afterwards.

use crate::memory;
use strategy_api::{ClientOrderId, OrderRequest, Price};

/// Number of a place.
pub(super) type Place = u32;
/// No place: the end of a list.
pub(super) const NOWHERE: Place = u32::MAX;

/// An own order that can still fill.
#[derive(Clone, Copy, Debug)]
pub(super) struct Working {
    pub(super) id: ClientOrderId,
    /// Its strategy; [`super::FOREIGN`] for one that no strategy of this run sent.
    pub(super) strategy: u16,
    /// The order as it was sent.
    pub(super) request: OrderRequest,
    /// Shares that can still fill, as far as fills tell.
    pub(super) leaves: i64,
    pub(super) worst: Worst,
    /// A replace that is on its way.
    pub(super) pending: Option<Pending>,
    /// What it counts for, as added to the totals: taken away again exactly.
    pub(super) counted: Counted,
    pub(super) previous: Place,
    pub(super) next: Place,
}

/// What an order could do at worst.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Worst {
    /// Highest price that a buy could pay; the price of a sell.
    pub(super) price: Price,
    /// Price at which it could meet an own order.
    pub(super) crossing: Price,
}

/// What an order becomes when its replace is accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pending {
    /// Shares open then.
    pub(super) quantity: i64,
    pub(super) worst: Worst,
}

/// What an order adds to the totals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counted {
    /// Shares.
    pub(super) quantity: i64,
    /// Worth in KRW; zero for a sell.
    pub(super) value: i64,
    /// Cash kept for it, costs included, KRW; zero for a sell.
    pub(super) cash: i64,
    /// Price at which it could meet an own order.
    pub(super) crossing: Price,
}

impl Working {
    pub(super) fn new(id: ClientOrderId, strategy: u16, request: OrderRequest) -> Self {
        Self {
            id,
            strategy,
            leaves: request.quantity.raw(),
            request,
            worst: Worst::default(),
            pending: None,
            counted: Counted::default(),
            previous: NOWHERE,
            next: NOWHERE,
        }
    }

    pub(super) fn instrument(&self) -> usize {
        self.request.instrument.index()
    }
}

/// Every working order, with a list for each instrument.
#[derive(Clone, Debug)]
pub(super) struct Book {
    places: Box<[Working]>,
    /// First free place; the free ones are a list through `next`.
    free: Place,
    used: u32,
    /// First order of each instrument.
    heads: Box<[Place]>,
    /// Place + 1 by id, 0 where empty: open addressing, next slot on a collision.
    table: Box<[u32]>,
}

impl Book {
    pub(super) fn new(capacity: usize, instruments: usize) -> Self {
        let mut places = vec![Working::new(ClientOrderId(0), 0, OrderRequest::default()); capacity];
        for (index, place) in places.iter_mut().enumerate() {
            place.next = if index + 1 < capacity { index as Place + 1 } else { NOWHERE };
        }
        let mut table = vec![0; (capacity * 2).next_power_of_two().max(4)];
        memory::touch(&mut table);
        Self {
            places: places.into(),
            free: if capacity > 0 { 0 } else { NOWHERE },
            used: 0,
            heads: vec![NOWHERE; instruments].into(),
            table: table.into(),
        }
    }

    /// Orders in it.
    #[inline]
    pub(super) fn len(&self) -> u32 {
        self.used
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.free == NOWHERE
    }

    #[inline]
    pub(super) fn at(&self, place: Place) -> &Working {
        &self.places[place as usize]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, place: Place) -> &mut Working {
        &mut self.places[place as usize]
    }

    #[inline]
    pub(super) fn find(&self, id: ClientOrderId) -> Option<Place> {
        let mut slot = self.slot(id);
        loop {
            let place = self.table[slot].checked_sub(1)?;
            if self.places[place as usize].id == id {
                return Some(place);
            }
            slot = (slot + 1) & (self.table.len() - 1);
        }
    }

    /// Stores an order; `None` when it is full or the id is there already.
    pub(super) fn insert(&mut self, mut order: Working) -> Option<Place> {
        let place = self.free;
        if place == NOWHERE || self.find(order.id).is_some() {
            return None;
        }
        self.free = self.places[place as usize].next;
        self.used += 1;
        let head = &mut self.heads[order.instrument()];
        order.previous = NOWHERE;
        order.next = *head;
        *head = place;
        if order.next != NOWHERE {
            self.places[order.next as usize].previous = place;
        }
        let mut slot = self.slot(order.id);
        while self.table[slot] != 0 {
            slot = (slot + 1) & (self.table.len() - 1);
        }
        self.table[slot] = place + 1;
        self.places[place as usize] = order;
        Some(place)
    }

    pub(super) fn remove(&mut self, place: Place) {
        let Working { id, previous, next, .. } = *self.at(place);
        match previous {
            NOWHERE => self.heads[self.at(place).instrument()] = next,
            previous => self.at_mut(previous).next = next,
        }
        if next != NOWHERE {
            self.at_mut(next).previous = previous;
        }
        self.forget(id);
        self.at_mut(place).next = self.free;
        self.free = place;
        self.used -= 1;
    }

    /// The working orders of an instrument.
    pub(super) fn of_instrument(&self, instrument: usize) -> impl Iterator<Item = &Working> {
        self.list(self.heads[instrument])
    }

    fn list(&self, head: Place) -> impl Iterator<Item = &Working> {
        let mut place = head;
        std::iter::from_fn(move || {
            let order = (place != NOWHERE).then(|| self.at(place))?;
            place = order.next;
            Some(order)
        })
    }

    /// Takes an id out of the table and moves back those that had to step aside for it.
    fn forget(&mut self, id: ClientOrderId) {
        let mask = self.table.len() - 1;
        let mut hole = self.slot(id);
        loop {
            match self.table[hole].checked_sub(1) {
                Some(place) if self.places[place as usize].id == id => break,
                Some(_) => hole = (hole + 1) & mask,
                None => return,
            }
        }
        self.table[hole] = 0;
        let mut slot = (hole + 1) & mask;
        while let Some(place) = self.table[slot].checked_sub(1) {
            let wanted = self.slot(self.places[place as usize].id);
            // It may move into the hole unless its own slot lies between the hole and where it is.
            if (slot.wrapping_sub(wanted) & mask) >= (slot.wrapping_sub(hole) & mask) {
                self.table[hole] = place + 1;
                self.table[slot] = 0;
                hole = slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    #[inline]
    fn slot(&self, id: ClientOrderId) -> usize {
        // Ids are counters with a strategy's number in the high bits: one multiplication mixes both.
        let mixed = id.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) as usize & (self.table.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use strategy_api::InstrumentId;

    fn order(id: ClientOrderId, instrument: u16) -> Working {
        let request = OrderRequest { instrument: InstrumentId(instrument), ..Default::default() };
        Working::new(id, 7, request)
    }

    proptest! {
        #[test]
        fn it_does_what_a_map_does(steps in prop::collection::vec((0u64..24, 0u16..3, any::<bool>()), 1..400)) {
            let mut book = Book::new(12, 3);
            let mut model = BTreeMap::new();
            for (id, instrument, add) in steps {
                // Ids far apart and close together.
                let id = ClientOrderId((id % 12) | ((id / 12) << 48));
                if add {
                    let stored = book.insert(order(id, instrument)).is_some();
                    let fits = model.len() < 12 && !model.contains_key(&id);
                    prop_assert_eq!(stored, fits);
                    if fits {
                        model.insert(id, instrument);
                    }
                } else if let Some(place) = book.find(id) {
                    book.remove(place);
                    prop_assert!(model.remove(&id).is_some());
                } else {
                    prop_assert!(!model.contains_key(&id));
                }
                prop_assert_eq!(book.len() as usize, model.len());
                prop_assert_eq!(book.is_full(), model.len() == 12);
                for instrument in 0..3 {
                    let mut listed: Vec<_> = book.of_instrument(usize::from(instrument)).map(|o| o.id).collect();
                    listed.sort();
                    let expected: Vec<_> =
                        model.iter().filter(|(_, i)| **i == instrument).map(|(id, _)| *id).collect();
                    prop_assert_eq!(listed, expected);
                }
                for id in model.keys() {
                    let place = book.find(*id);
                    prop_assert_eq!(place.map(|place| book.at(place).id), Some(*id));
                }
            }
        }
    }
}
