//! One table of cases, stretched over offsets and lengths, for every kind of machine and a naive one.

use super::*;

fn machines() -> Vec<(Isa, Kernels)> {
    let all = [
        Isa::Portable,
        #[cfg(target_arch = "x86_64")]
        Isa::Sse2,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512,
    ];
    all.into_iter().filter_map(|isa| Some((isa, Kernels::new(isa)?))).collect()
}

/// Whether the values of a frame, which this machine has indexed, stand in a skeleton.
fn stands(isa: Isa, frame: &[u8], index: &Index, skeleton: &Skeleton, ends: &mut Ends) -> bool {
    // SAFETY: there is an index, so the machine has what it needs.
    unsafe {
        match isa {
            Isa::Portable => verify::<EightBytes>(frame, index, 0, skeleton, ends),
            #[cfg(target_arch = "x86_64")]
            Isa::Sse2 => verify::<SixteenBytes>(frame, index, 0, skeleton, ends),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 | Isa::Avx512 => verify::<ThirtyTwoBytes>(frame, index, 0, skeleton, ends),
        }
    }
}

/// As the function that learned entries are read with has it: what two values are, if they are integers.
fn pair_of(isa: Isa, frame: &[u8], ends: [usize; 2], lengths: [usize; 2]) -> Option<[u64; 2]> {
    /// # Safety
    /// As [`Pairs::read`].
    #[inline(always)]
    unsafe fn read<P: Pairs>(
        frame: &[u8],
        ends: [usize; 2],
        lengths: [usize; 2],
    ) -> Option<[u64; 2]> {
        // SAFETY: the caller's promise.
        unsafe {
            let mut pairs = P::none();
            let numbers = pairs.read(frame.as_ptr(), ends, lengths);
            pairs.fine().then_some(numbers)
        }
    }
    /// # Safety
    /// As [`Pairs::read`].
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    unsafe fn wide(frame: &[u8], ends: [usize; 2], lengths: [usize; 2]) -> Option<[u64; 2]> {
        // SAFETY: the caller's promise.
        unsafe { read::<<ThirtyTwoBytes as Machine>::Pairs>(frame, ends, lengths) }
    }
    assert!(ends.iter().all(|end| *end >= 16 && *end <= frame.len()));
    // SAFETY: just checked; the machine was found to be of this kind.
    unsafe {
        match isa {
            Isa::Portable => read::<<EightBytes as Machine>::Pairs>(frame, ends, lengths),
            #[cfg(target_arch = "x86_64")]
            Isa::Sse2 => read::<<SixteenBytes as Machine>::Pairs>(frame, ends, lengths),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 | Isa::Avx512 => wide(frame, ends, lengths),
        }
    }
}

#[test]
fn pairs_of_integers_of_every_form_and_length_are_read() {
    let mut texts: Vec<String> =
        ["", "--1", "+-1", "1a", "a1", "1.5", "1 ", "1-", "1\u{ac00}", "1:", "1/"]
            .map(String::from)
            .to_vec();
    for len in 0..=20 {
        let digits: String =
            (0..len).map(|at| char::from(b'0' + ((at * 7 + len) % 10) as u8)).collect();
        texts.extend(["", "+", "-", " "].map(|sign| format!("{sign}{digits}")));
        texts.push("9".repeat(len));
    }
    // As `steps` has it: with the mark that the first byte says.
    let expected = |text: &str| match naive_integer(text) {
        _ if text.len() > 15 => None,
        integer => integer.map(|(_, magnitude)| magnitude),
    };
    for (at, text) in texts.iter().enumerate() {
        for other in ["", "-5", "999999999999999", &texts[(at + 7) % texts.len()]] {
            for [one, two] in [[text, other], [other, text]] {
                let frame = format!(r#"{{"data":[{{"values":{{"10":"{one}","11":"{two}"}}}}]}}"#);
                let begin = frame.find(r#""10":""#).unwrap() + 6;
                let ends = [begin + one.len(), begin + one.len() + 8 + two.len()];
                let lengths = [one.len(), two.len()];
                let wanted = expected(one).zip(expected(two)).map(|(one, two)| [one, two]);
                for (isa, _) in machines() {
                    // The caller looks at the first bytes.
                    let first = |value: usize| frame.as_bytes()[ends[value] - lengths[value]];
                    let odd = |value| MARKS[usize::from(first(value))] == mark::BAD;
                    let got = pair_of(isa, frame.as_bytes(), ends, lengths);
                    let got = got.filter(|_| !odd(0) && !odd(1));
                    assert_eq!(got, wanted, "{isa:?} {one:?} {two:?}");
                }
            }
        }
    }
}

fn naive_census(frame: &[u8]) -> Option<(Vec<u16>, u32, u32)> {
    let odd = frame.len() < 65 || frame.len() > 65_535 || frame[0] != b'{';
    if odd || frame.iter().any(|byte| *byte < 0x20 || *byte == b'\\') {
        return None;
    }
    let starts = (1..frame.len()).filter(|at| &frame[at - 1..=*at] == b":\"").map(|at| at as u16);
    let quotes = frame.iter().filter(|byte| **byte == b'"').count() as u32;
    let high = frame.iter().filter(|byte| !byte.is_ascii()).count() as u32;
    Some((starts.collect(), quotes, high))
}

#[track_caller]
fn check_census(frame: &[u8]) {
    let expected = naive_census(frame);
    for (isa, kernels) in machines() {
        let mut index = Index::new();
        let got = index.read(&kernels, frame).then(|| {
            let census = index.census();
            (index.starts().to_vec(), census.quotes, census.high)
        });
        assert_eq!(got, expected, "{isa:?} {:?}", String::from_utf8_lossy(frame));
        if let Some((starts, ..)) = &expected {
            assert_eq!(index.start(starts.len()), frame.len() - 1, "behind the last value");
        }
    }
}

#[test]
fn values_quotes_and_odd_bytes_are_found_at_every_offset_and_length() {
    for len in [0, 1, 63, 64, 65, 66, 127, 128, 129, 130, 191, 193, 257] {
        let plain = [b"{".as_slice(), &vec![b'a'; len]].concat();
        check_census(&plain);
        for at in 0..plain.len() {
            for piece in
                [&b"\""[..], b":\"", b"\":\"", b"\\", b"\x1f", b"\x00", b"\xed", b" ", b"["]
            {
                let mut frame = plain.clone();
                let end = (at + piece.len()).min(frame.len());
                frame[at..end].copy_from_slice(&piece[..end - at]);
                check_census(&frame);
            }
        }
    }
}

#[test]
fn frames_full_of_values_and_the_longest_ones_are_counted() {
    for piece in [&b":\""[..], b"\"", b":", b"\"10\":\"5\",", b"\"9081\":\"\xea\xb0\x80\","] {
        for len in [66, 4_096, 60 * 64 + 1, 61 * 64 + 7, 65_534, 65_535, 65_536] {
            let frame: Vec<u8> =
                b"{".iter().chain(piece.iter().cycle()).take(len).copied().collect();
            check_census(&frame);
        }
    }
}

/// A frame of one entry with these keys and values, and where its values start.
fn entry(fields: &[(&str, &str)]) -> Vec<u8> {
    let fields: Vec<String> = fields.iter().map(|(k, v)| format!("\"{k}\":\"{v}\"")).collect();
    let text =
        format!(r#"{{"data":[{{"values":{{{}}},"type":"0B"}}],"trnm":"REAL"}}"#, fields.join(","));
    text.into_bytes()
}

fn skeleton(frame: &[u8], index: &Index, values: usize) -> Skeleton {
    let mut skeleton = Skeleton::with_room();
    let mut from = 9;
    for value in 0..values {
        let start = index.start(value);
        skeleton.push(&frame[from..=start]);
        from = start + 1 + frame[start + 1..].iter().position(|byte| *byte == b'"').unwrap();
    }
    skeleton.finish();
    skeleton
}

const KEYS: [&str; 12] =
    ["20", "10", "228", "9081", "7", "65535", "a", "16", "17", "18", "1030", "25"];
const VALUES: [&str; 12] = [
    "090015",
    "-60700",
    "102.34",
    "KRX",
    "",
    "+5",
    " 0",
    "1234567890123456",
    "0",
    "-0",
    "x",
    "\u{ac00}",
];

#[test]
fn a_skeleton_fits_its_own_frame_with_any_values_and_no_other() {
    for count in 3..KEYS.len() {
        let fields: Vec<_> = KEYS.iter().zip(VALUES).take(count).map(|(k, v)| (*k, v)).collect();
        let frame = entry(&fields);
        for (isa, kernels) in machines() {
            let (mut index, mut ends) = (Index::new(), Ends::new());
            assert!(index.read(&kernels, &frame));
            let shape = skeleton(&frame, &index, count);
            assert!(stands(isa, &frame, &index, &shape, &mut ends), "{isa:?}");
            for (value, (_, text)) in fields.iter().enumerate().take(count - 1) {
                assert_eq!(&frame[ends.range(value)], text.as_bytes(), "{isa:?}");
            }
            // The same keys with every value shifted by one place.
            let others: Vec<_> =
                (0..count).map(|at| (KEYS[at], VALUES[(at + 5) % VALUES.len()])).collect();
            let other = entry(&others);
            assert!(index.read(&kernels, &other));
            assert!(stands(isa, &other, &index, &shape, &mut ends), "{isa:?}");
            // Any byte of what stands between values changed.
            assert!(index.read(&kernels, &frame));
            let last = index.start(count - 1);
            for at in 26..=last {
                let inside = (0..count - 1).any(|value| {
                    let start = index.start(value) + 1;
                    (start..start + fields[value].1.len()).contains(&at)
                });
                let mut changed = frame.clone();
                changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
                let mut again = Index::new();
                assert!(again.read(&kernels, &changed));
                let same_values = again.starts().len() == index.starts().len();
                let fits = stands(isa, &changed, &again, &shape, &mut ends);
                assert_eq!(fits && same_values, inside, "{isa:?} byte {at} of {count}");
            }
        }
    }
}

#[test]
fn a_value_that_would_end_before_it_starts_does_not_fit() {
    let frame = entry(&[("10", "1"), ("11", "2"), ("12", "3")]);
    let text = String::from_utf8(frame.clone()).unwrap();
    let broken = text.replacen(r#""10":"1","11""#, r#""10":","11":"""#, 1);
    for (isa, kernels) in machines() {
        let (mut index, mut ends) = (Index::new(), Ends::new());
        assert!(index.read(&kernels, &frame));
        let shape = skeleton(&frame, &index, 3);
        assert!(index.read(&kernels, broken.as_bytes()));
        assert!(!stands(isa, broken.as_bytes(), &index, &shape, &mut ends), "{isa:?}");
    }
}

#[test]
fn values_of_up_to_255_bytes_fit() {
    for (len, fits) in [(0, true), (254, true), (255, true), (256, false), (40_000, false)] {
        let long = "7".repeat(len);
        let frame = entry(&[("10", &long), ("11", "2")]);
        for (isa, kernels) in machines() {
            let (mut index, mut ends) = (Index::new(), Ends::new());
            assert!(index.read(&kernels, &frame));
            let shape = skeleton(&frame, &index, 2);
            let got = stands(isa, &frame, &index, &shape, &mut ends);
            assert_eq!(got, fits, "{isa:?} {len}");
        }
    }
}

/// What a text is as an integer: mark and magnitude, or `None` if it is none of up to 16 digits.
fn naive_integer(text: &str) -> Option<(u8, u64)> {
    let (mark, digits) = match text.as_bytes().first() {
        None => return Some((mark::EMPTY, 0)),
        Some(b'+') => (mark::PLUS, &text[1..]),
        Some(b' ') => (mark::SPACE, &text[1..]),
        Some(b'-') => (mark::MINUS, &text[1..]),
        Some(_) => (mark::NONE, text),
    };
    let plain = (1..=16).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| (mark, digits.parse().unwrap()))
}

/// How many values of a frame, which this machine has indexed, are walked over from the first one on.
fn walked(
    isa: Isa,
    frame: &[u8],
    index: &Index,
    ends: &mut Ends,
    keys: &mut Keys,
) -> Option<usize> {
    // SAFETY: there is an index, so the machine has what it needs.
    unsafe {
        match isa {
            Isa::Portable => gaps::<EightBytes>(frame, index, 0, ends, keys),
            #[cfg(target_arch = "x86_64")]
            Isa::Sse2 => gaps::<SixteenBytes>(frame, index, 0, ends, keys),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 | Isa::Avx512 => gaps::<ThirtyTwoBytes>(frame, index, 0, ends, keys),
        }
    }
}

#[test]
fn values_that_are_too_long_or_end_before_they_start_are_not_walked_over() {
    for (text, fits) in [
        (format!(r#""10":"{}","11":"2""#, "7".repeat(255)), true),
        (format!(r#""10":"{}","11":"2""#, "7".repeat(256)), false),
        (format!(r#""10":"{}","11":"2""#, "7".repeat(60_000)), false),
        (r#""10":"","11":"2""#.to_owned(), true),
        // A value of which the end is in front of its start.
        (r#""10":","":"2""#.to_owned(), false),
        (r#""10":","1":"2""#.to_owned(), false),
    ] {
        let frame =
            format!(r#"{{"data":[{{"item":"005930","values":{{{text}}}}}],"trnm":"REAL"}}"#);
        for (isa, kernels) in machines() {
            let (mut index, mut ends, mut keys) = (Index::new(), Ends::new(), Keys::new());
            assert!(index.read(&kernels, frame.as_bytes()));
            // From the second value on.
            let mut second = Index::new();
            assert!(second.read(&kernels, frame.as_bytes()));
            second.starts.copy_within(1.., 0);
            second.census.values -= 1;
            let got = walked(isa, frame.as_bytes(), &second, &mut ends, &mut keys);
            assert_eq!(got.is_some_and(|walked| walked == 1), fits, "{isa:?} {text:.40}");
        }
    }
}

#[test]
fn the_other_quote_of_a_key_is_the_last_one_before_its_colon() {
    fn check<M: Machine>() {
        for quotes in 0..=u8::MAX {
            for fill in [b'0', b'!', b'#', 0x00, 0xff, 0xa2] {
                let bytes: [u8; 8] =
                    core::array::from_fn(|at| if quotes >> at & 1 == 1 { b'"' } else { fill });
                let last = (0..6).rev().find(|at| quotes >> at & 1 == 1);
                let expected = last.filter(|_| quotes >> 6 & 1 == 1);
                assert_eq!(M::other_quote(u64::from_le_bytes(bytes)), expected, "{bytes:?}");
            }
        }
    }
    check::<EightBytes>();
    #[cfg(target_arch = "x86_64")]
    {
        check::<SixteenBytes>();
        check::<ThirtyTwoBytes>();
    }
}

#[test]
fn gaps_are_stepped_over_as_long_as_short_keys_stand_in_them() {
    let keys = ["1", "20", "228", "9081", "65535", "a", "", "027", "item", "-1.5e"];
    for (at, odd) in [(0, "\"1\":\"2\""), (3, "\"123456\":\"7\""), (5, "\"values\":\"x\"")] {
        let fields: Vec<_> =
            keys.iter().zip(VALUES).map(|(k, v)| format!("\"{k}\":\"{v}\"")).collect();
        let mut with_odd = fields.clone();
        with_odd.insert(at + 1, odd.to_owned());
        let frame = format!(r#"{{"data":[{{"values":{{{}}}}}]}}"#, with_odd.join(","));
        let frame = frame.as_bytes();
        for (isa, kernels) in machines() {
            let (mut index, mut ends, mut key_words) = (Index::new(), Ends::new(), Keys::new());
            assert!(index.read(&kernels, frame));
            let walked = walked(isa, frame, &index, &mut ends, &mut key_words).unwrap();
            let expected = if at == 0 { keys.len() } else { at };
            assert_eq!(walked, expected, "{isa:?} {at}");
            for value in 0..walked {
                let range = ends.range(value);
                let text = with_odd[value].split_once(':').unwrap().1;
                assert_eq!(&frame[range.start - 1..=range.end], text.as_bytes(), "{isa:?}");
                let key = with_odd[value + 1].split_once(':').unwrap().0;
                let word = key_word(key.trim_matches('"').as_bytes());
                assert_eq!(Some(key_words.word(value + 1)), word, "{isa:?} {key}");
            }
        }
    }
}

#[test]
fn eight_digits_are_read_in_every_number_of_them() {
    for count in 0..=8 {
        for fill in [b'0', b'9', b'/', b':', b'\0', 0xff] {
            let mut bytes = [fill; 8];
            for (at, byte) in bytes.iter_mut().enumerate().skip(8 - count) {
                *byte = b'1' + at as u8;
            }
            let expected =
                bytes[8 - count..].iter().fold(0, |sum, b| sum * 10 + u64::from(b - b'0'));
            assert_eq!(eight_digits(u64::from_le_bytes(bytes), count), (expected, 0));
            for at in 8 - count..8 {
                let mut odd = bytes;
                odd[at] = b':';
                assert_ne!(eight_digits(u64::from_le_bytes(odd), count).1, 0);
            }
        }
    }
}
