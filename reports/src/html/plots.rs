//! Plots: numbers with their intervals, which fit any width, and memory over time as SVG.

use maud::{Markup, html};
use poolproof_case::Unit;

use super::pieces::{text, wide};
use crate::quantity::quantity;
use crate::record::Interval;

/// So many steps has the scale below a plot.
const TICKS: usize = 4;

/// One number with its interval.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// What it is of.
    pub(super) label: String,
    /// The number.
    pub(super) interval: Interval,
}

/// Numbers of one unit under each other, from zero on: what is twice as long is twice as much.
pub(super) fn intervals(title: &str, unit: Unit, marks: &[Mark]) -> Markup {
    let most = marks
        .iter()
        .map(|mark| mark.interval.high.max(mark.interval.value))
        .fold(f64::MIN_POSITIVE, f64::max);
    let share = |number: f64| format!("{:.2}%", 100.0 * (number / most).clamp(0.0, 1.0));
    let place = |Interval { value, low, high }: Interval| {
        let (value, low, high) = (share(value), share(low), share(high));
        format!("--v:{value};--l:{low};--h:{high}")
    };
    html! {
        div class="plot" {
            ul aria-label=(title) {
                @for mark in marks {
                    li {
                        span { (text(&mark.label)) }
                        " " span class="amount" { (amount(unit, mark.interval)) }
                        span class="interval" style=(place(mark.interval)) {}
                    }
                }
            }
            div class="scale" aria-hidden="true" {
                @for tick in 0..=TICKS {
                    span { (quantity(unit, most * tick as f64 / TICKS as f64)) }
                }
            }
        }
    }
}

/// A number with its interval in words.
pub(super) fn amount(unit: Unit, interval: Interval) -> String {
    let Interval { value, low, high } = interval;
    if low == high {
        return quantity(unit, value);
    }
    format!(
        "{} ({} to {})",
        quantity(unit, value),
        quantity(unit, low),
        quantity(unit, high)
    )
}

/// Memory over the time of one run.
pub(super) fn over_time(title: &str, series: &[(f64, u64)]) -> Markup {
    let (width, height, left, bottom) = (520.0, 150.0, 76.0, 24.0);
    let end = series.last().map_or(0.0, |point| point.0).max(1e-9);
    let most = series.iter().map(|point| point.1).max().unwrap_or(0).max(1);
    let x = |seconds: f64| left + (width - left - 12.0) * (seconds / end).clamp(0.0, 1.0);
    let y = |bytes: u64| 10.0 + (height - 10.0 - bottom) * (1.0 - bytes as f64 / most as f64);
    let mut path = String::new();
    for (index, (seconds, bytes)) in series.iter().enumerate() {
        // What was seen holds until the next look.
        let command = if index == 0 { "M" } else { "H" };
        path += &match index {
            0 => format!("{command}{:.0} {:.0}", x(*seconds), y(*bytes)),
            _ => format!("{command}{:.0}V{:.0}", x(*seconds), y(*bytes)),
        };
    }
    let most_text = quantity(Unit::Bytes, most as f64);
    let end_text = quantity(Unit::Nanoseconds, end * 1e9);
    let label = format!("{title}: up to {most_text} within {end_text}");
    let picture = html! {
        svg class="series" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) }
            role="img" aria-label=(label) {
            line class="grid" x1=(left) x2=(width - 12.0) y1="10" y2="10" {}
            line class="grid" x1=(left) x2=(width - 12.0) y1=(height - bottom) y2=(height - bottom) {}
            text class="label" x=(left - 8.0) y="14" { (most_text) }
            text class="label" x=(left - 8.0) y=(height - bottom + 4.0) { "0" }
            text class="tick" x=(width - 34.0) y=(height - 6.0) { (end_text) }
            path d=(path) {}
        }
    };
    html! {
        p class="caption" { (title) }
        (wide(&label, picture))
    }
}
