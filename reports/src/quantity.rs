//! Quantities as text: bytes and nanoseconds in the unit that a person would choose.

use poolproof_case::Unit;

/// A number in its unit, with three digits that count.
pub(crate) fn quantity(unit: Unit, number: f64) -> String {
    match unit {
        Unit::Bytes => scaled(number, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"]),
        Unit::Nanoseconds => scaled(number, 1000.0, &["ns", "µs", "ms", "s"]),
    }
}

/// So many bytes, in the unit that a person would choose.
///
/// ```
/// assert_eq!(poolproof_report::bytes(15_000_000), "14.3 MiB");
/// ```
#[must_use]
pub fn bytes(number: u64) -> String {
    quantity(Unit::Bytes, number as f64)
}

/// A number and its noun.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn scaled(number: f64, step: f64, units: &[&str]) -> String {
    let mut rest = number;
    let mut index = 0;
    // What would be rounded to 1000 has a greater unit.
    while rest.abs() >= step - 0.5 && index + 1 < units.len() {
        rest /= step;
        index += 1;
    }
    let digits = match rest.abs() {
        _ if index == 0 => 0,
        small if small < 9.995 => 2,
        middle if middle < 99.95 => 1,
        _ => 0,
    };
    format!("{rest:.digits$} {}", units[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_has_the_unit_that_a_person_would_choose() {
        for (unit, number, text) in [
            (Unit::Bytes, 0.0, "0 B"),
            (Unit::Bytes, 1023.0, "1023 B"),
            (Unit::Bytes, 1_048_576.0, "1.00 MiB"),
            (Unit::Bytes, 15_000_000.0, "14.3 MiB"),
            (Unit::Nanoseconds, 999.9, "1.00 µs"),
            (Unit::Nanoseconds, 12_345.0, "12.3 µs"),
            (Unit::Nanoseconds, 3.2e9, "3.20 s"),
            (Unit::Nanoseconds, 3.2e12, "3200 s"),
        ] {
            assert_eq!(quantity(unit, number), text);
        }
    }
}
