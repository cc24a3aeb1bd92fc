//! Names in the order that a person expects: `cpython-3.9` before `cpython-3.10`.

/// What to sort a name by: its texts and the numbers between them.
pub(crate) fn key(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_digit());
        let (text, after) = rest.split_at(digits.unwrap_or(rest.len()));
        let end = after.find(|c: char| !c.is_ascii_digit());
        let (number, after) = after.split_at(end.unwrap_or(after.len()));
        parts.push((text.to_owned(), number.parse().unwrap_or(0)));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_longer_number_comes_later() {
        let mut names = [
            "cpython-3.10",
            "reference",
            "cpython-3.9",
            "cpython-3.11.2",
            "cpython-3.11",
        ];
        names.sort_by_key(|name| key(name));
        let expected = [
            "cpython-3.9",
            "cpython-3.10",
            "cpython-3.11",
            "cpython-3.11.2",
            "reference",
        ];
        assert_eq!(names, expected);
    }
}
