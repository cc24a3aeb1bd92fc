//! Rates: how often something was seen, and between which bounds its chance lies.
//!
//! Wilson's interval at 95 %, which also holds where something was seen always or never.

use std::fmt;

/// A share and the bounds of the chance behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    /// How often it was seen.
    pub(crate) count: u64,
    /// In how many runs.
    pub(crate) runs: u64,
    /// What its chance is at least.
    pub(crate) low: f64,
    /// What its chance is at most.
    pub(crate) high: f64,
}

/// How many standard deviations 95 % are.
const WIDTH: f64 = 1.96;

/// The rate of what was seen so often in so many runs.
pub(crate) fn rate(count: u64, runs: u64) -> Rate {
    let (low, high) = if runs == 0 {
        (0.0, 1.0)
    } else {
        bounds(count.min(runs) as f64 / runs as f64, runs as f64)
    };
    Rate {
        count,
        runs,
        low,
        high,
    }
}

fn bounds(share: f64, runs: f64) -> (f64, f64) {
    let square = WIDTH * WIDTH;
    let middle = share + square / (2.0 * runs);
    let aside = WIDTH * (share * (1.0 - share) / runs + square / (4.0 * runs * runs)).sqrt();
    let whole = 1.0 + square / runs;
    let at = |bound: f64| (bound / whole).clamp(0.0, 1.0);
    (at(middle - aside), at(middle + aside))
}

impl Rate {
    /// The share that was seen.
    pub(crate) fn share(&self) -> f64 {
        self.count as f64 / self.runs.max(1) as f64
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = percent(self.low);
        let (share, high) = (percent(self.share()), percent(self.high));
        write!(
            formatter,
            "{share} ({} to {high})",
            low.trim_end_matches(" %")
        )
    }
}

/// A share as a percentage, as exact as a person needs it.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 10.0 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

#[cfg(test)]
mod tests {
    use super::{percent, rate};

    #[test]
    fn bounds_are_those_of_the_tables() {
        // Newcombe 1998, table I: the score method without correction.
        for (count, runs, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let rate = rate(count, runs);
            assert!((rate.low - low).abs() < 2e-4, "{rate:?}");
            assert!((rate.high - high).abs() < 2e-4, "{rate:?}");
        }
        assert_eq!((rate(0, 0).low, rate(0, 0).high), (0.0, 1.0));
    }

    #[test]
    fn a_small_percentage_has_a_decimal() {
        assert_eq!(percent(0.0234), "2.3 %");
        assert_eq!(percent(0.5), "50 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(rate(3, 10).to_string(), "30 % (11 to 60 %)");
    }
}
