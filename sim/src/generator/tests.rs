//! The market as a client sees it: every frame of long runs is read back and checked.

mod books;
mod checker;
mod day;
mod life;
mod reading;
mod run;
mod sums;
