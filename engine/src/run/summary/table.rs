//! A table of text whose columns are as wide as what is in them.

use super::trading::WIDTH;

/// Where a column's text stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Align {
    /// Names: cut when the table gets too wide.
    Left,
    /// Numbers: never cut.
    Right,
}

/// Names are not cut to less than this.
const NAME_MIN: usize = 8;

/// Columns with a head, and rows.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    align: [Align; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(columns: &[(&str, Align); N]) -> Self {
        Self {
            align: columns.map(|(_, align)| align),
            rows: vec![columns.map(|(head, _)| head.to_owned())],
        }
    }

    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// Writes it, moved in by two: two blanks between columns where there is room for them, else one;
    /// then names are cut.
    pub(super) fn write(&self, out: &mut String) {
        let mut widths: [usize; N] = std::array::from_fn(|column| {
            self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        });
        let room = WIDTH - 2 - (N - 1);
        let gap = if widths.iter().sum::<usize>() + (N - 1) <= room { 2 } else { 1 };
        while widths.iter().sum::<usize>() > room {
            let names = widths.iter_mut().zip(self.align);
            let names = names.filter(|(width, align)| *align == Align::Left && **width > NAME_MIN);
            let Some((widest, _)) = names.max_by_key(|(width, _)| **width) else { break };
            *widest -= 1;
        }
        for row in &self.rows {
            let mut line = String::from("  ");
            for (column, ((cell, width), align)) in
                row.iter().zip(widths).zip(self.align).enumerate()
            {
                let cell = cut(cell, width);
                let blanks = " ".repeat(width - cell.chars().count());
                line.push_str(if column == 0 { "" } else { &"  "[..gap] });
                match align {
                    Align::Left => line.extend([cell, blanks]),
                    Align::Right => line.extend([blanks, cell]),
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, number: &str) -> String {
        let mut table = Table::new(&[("name", Align::Left), ("number", Align::Right)]);
        table.row([name.to_owned(), number.to_owned()]);
        let mut text = String::new();
        table.write(&mut text);
        text
    }

    #[test]
    fn columns_are_as_wide_as_their_text() {
        assert_eq!(table("삼성", "1,234,567"), "  name     number\n  삼성    1,234,567\n");
    }

    #[test]
    fn names_are_cut_and_numbers_are_not() {
        let number = "9".repeat(60);
        let text = table(&"n".repeat(60), &number);
        assert!(text.contains(&number) && text.contains("nnn… 999"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        let number = "9".repeat(200);
        assert!(table("name", &number).contains(&number));
    }
}
