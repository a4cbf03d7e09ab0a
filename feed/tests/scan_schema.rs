//! The schema knows every field of the broker's specification, and no field twice.

use std::collections::HashSet;

use feed::schema::{NOWHERE, ValueKind, WireType};
use strategy_api::{Kind, record::header_of};

const FIDS: &str = include_str!("data/fids.tsv");

#[test]
fn every_row_of_the_field_list_is_in_the_schema() {
    let mut rows = 0;
    for row in FIDS.lines().skip(1) {
        let mut columns = row.split('\t');
        let (code, fid) = (columns.next().unwrap(), columns.next().unwrap());
        let wire_type = WireType::from_code(code.as_bytes()).expect(code);
        let fid = fid.parse().unwrap();
        assert!(wire_type.field(fid).is_some(), "{code} {fid}");
        rows += 1;
    }
    assert_eq!(rows, 606);
    // Fields that the list lacks: a condition's entry and exit, fills under 0B, one in F4's example.
    for (code, fid) in [
        ("02", 841),
        ("02", 843),
        ("02", 9001),
        ("02", 20),
        ("02", 907),
        ("0B", 910),
        ("0B", 911),
        ("F4", 8046),
    ] {
        let wire_type = WireType::from_code(code.as_bytes()).unwrap();
        assert!(wire_type.field(fid).is_some(), "{code} {fid}");
    }
    let known: usize = WireType::ALL.iter().map(|t| t.fields().len()).sum();
    assert_eq!(known, rows + 8);
}

#[test]
fn numbers_and_names_are_unique_within_a_type() {
    for wire_type in WireType::ALL {
        let mut fids = HashSet::new();
        let mut names = HashSet::new();
        for field in wire_type.fields() {
            assert!(field.fid != 0 && fids.insert(field.fid), "{wire_type:?} {}", field.fid);
            assert!(names.insert(field.name), "{wire_type:?} {}", field.name);
            let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(field.name.chars().all(snake), "{}", field.name);
        }
    }
}

#[test]
fn no_two_fields_share_a_place_and_none_is_left_out() {
    for wire_type in WireType::ALL.iter().filter(|t| t.has_record()) {
        let template = wire_type.template();
        let header = header_of(&template).unwrap();
        assert_eq!(usize::from(header.size), template.len() * 8);
        assert_eq!(header.kind.name(), wire_type.event());
        assert_ne!(header.kind, Kind(0));
        let mut owner = vec![None; template.len() * 8];
        for field in wire_type.fields() {
            let Some(place) = field.place else { continue };
            let value = usize::from(place.at)..usize::from(place.at + place.size);
            let mark = if place.mark == NOWHERE {
                0..0
            } else {
                usize::from(place.mark)..usize::from(place.mark) + 1
            };
            let side_in_words = field.kind == ValueKind::Action;
            for byte in value.chain(mark) {
                let before = owner[byte].replace(field.fid);
                // The words of an order also say its side; its own field says it again.
                let shared = side_in_words || before == Some(905);
                assert!(before.is_none() || shared, "{wire_type:?} {} at {byte}", field.fid);
            }
        }
        // What is not owned after the header is reserved and at most seven bytes.
        let free = owner[40..].iter().filter(|o| o.is_none()).count();
        assert!(free <= 7, "{wire_type:?} leaves {free} bytes");
    }
}

#[test]
fn codes_find_their_type_and_nothing_else_does() {
    for wire_type in WireType::ALL {
        assert_eq!(WireType::from_code(wire_type.code().as_bytes()), Some(*wire_type));
    }
    for code in ["", "0", "0b", "0BB", "0Z", "ff", "F6"] {
        assert_eq!(WireType::from_code(code.as_bytes()), None, "{code}");
    }
}
