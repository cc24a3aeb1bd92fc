//! Filters: an id, a part of an id, or a pattern with `*`.

use poolproof_case::nearest::nearest;

use crate::error::Error;

/// Whether a filter selects an id; an id that is written in full selects itself only.
pub(super) fn fits(filter: &str, id: &str, all: &[&str]) -> bool {
    if filter.contains('*') {
        return matches(filter, id);
    }
    if all.contains(&filter) {
        return filter == id;
    }
    id.contains(filter)
}

/// Whether a text fits a pattern in which `*` stands for anything.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len())
                .filter(|index| text.is_char_boundary(*index))
                .any(|index| matches(rest, &text[index..]))
        }),
    }
}

/// That a filter selects nothing, and what may have been meant.
pub(super) fn nothing(filter: &str, all: &[&str]) -> Error {
    let last = |id: &str| id.rsplit('/').next().unwrap_or(id).to_owned();
    let names: Vec<String> = all.iter().map(|id| last(id)).collect();
    let near = nearest(filter, all.iter().copied())
        .map(str::to_owned)
        .or_else(|| {
            let name = nearest(&last(filter), names.iter().map(String::as_str))?;
            let found = all.iter().find(|id| last(id) == name);
            found.map(|id| (*id).to_owned())
        });
    let help = near.map_or_else(
        || "`poolproof list` shows them all".to_owned(),
        |id| format!("did you mean `{id}`?"),
    );
    Error::nothing(format!("no case fits `{filter}`; {help}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_full_selects_itself_only_and_a_part_selects_all_that_have_it() {
        let all = ["seed/pool_map", "seed/pool_map_chunks", "seed/pipe"];
        let select = |filter: &str| -> Vec<&str> {
            let fitting = all.iter().filter(|id| fits(filter, id, &all));
            fitting.copied().collect()
        };
        assert_eq!(select("seed/pool_map"), ["seed/pool_map"]);
        assert_eq!(select("pool"), ["seed/pool_map", "seed/pool_map_chunks"]);
        assert_eq!(
            select("*/p*p*"),
            ["seed/pool_map", "seed/pool_map_chunks", "seed/pipe"]
        );
        assert_eq!(select("*chunks"), ["seed/pool_map_chunks"]);
        assert!(
            nothing("pool_mapp", &all)
                .to_string()
                .contains("seed/pool_map")
        );
    }
}
