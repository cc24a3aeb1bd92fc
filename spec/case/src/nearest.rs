//! The nearest known name, for messages about unknown ones.

/// Longer names are no slip of the hand, and measuring them would take long.
const LENGTH_MAX: usize = 64;

/// The known name that a mistyped one most likely means, if any is near enough.
#[must_use]
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if name.len() > LENGTH_MAX {
        return None;
    }
    let lower = name.to_lowercase();
    let distance = |other: &str| strsim::osa_distance(&lower, &other.to_lowercase());
    known
        .into_iter()
        .filter(|other| other.len() <= LENGTH_MAX)
        .map(|other| (distance(other), other))
        .filter(|(distance, other)| {
            // A third of the letters may differ; one always may.
            *distance <= (name.chars().count().max(other.chars().count()) / 3).max(1)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// Advice for an unknown name: the nearest known one, else all of them where they are few.
#[must_use]
pub fn advice(name: &str, known: &[&str]) -> Option<String> {
    if let Some(near) = nearest(name, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let is_short = !known.is_empty() && known.len() <= 24;
    is_short.then(|| format!("known: {}", known.join(", ")))
}

/// The one of `all` that has this name.
///
/// # Errors
/// When none has it: what it should have been, and the names there are.
pub fn named<T: Copy>(
    what: &str,
    name: &str,
    all: impl IntoIterator<Item = T>,
    name_of: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    let mut known = Vec::new();
    for one in all {
        let its = name_of(one);
        if its == name {
            return Ok(one);
        }
        known.push(its);
    }
    let help = advice(name, &known).map_or_else(String::new, |advice| format!(" ({advice})"));
    Err(format!("unknown {what} `{name}`{help}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = ["Lock", "RLock", "Queue"];
        assert_eq!(nearest("Lokc", known), Some("Lock"));
        assert_eq!(nearest("queue", known), Some("Queue"));
        assert_eq!(nearest("Barrier", known), None);
        let long: &str = &"x".repeat(1000);
        assert_eq!(nearest(long, known), None);
    }
    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        let named = |name| {
            named("number", name, [1, 10], |one| {
                if one == 1 { "one" } else { "ten" }
            })
        };
        assert_eq!(named("ten"), Ok(10));
        assert_eq!(
            named("teen").unwrap_err(),
            "unknown number `teen` (did you mean `ten`?)"
        );
        assert_eq!(
            named("hundred").unwrap_err(),
            "unknown number `hundred` (known: one, ten)"
        );
    }
}
