//! Plots as SVG: numbers with their intervals, and memory over time.

use maud::{Markup, html};
use poolproof_case::Unit;

use super::pieces::{text, wide};
use crate::quantity::quantity;
use crate::record::Interval;

const PLOT: f64 = 620.0;
const MARGIN: f64 = 14.0;
const ROW: f64 = 42.0;
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
    let x = |number: f64| MARGIN + PLOT * (number.max(0.0) / most).min(1.0);
    let (width, height) = (PLOT + 4.0 * MARGIN, marks.len() as f64 * ROW + 30.0);
    let picture = html! {
        svg class="plot" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) }
            role="img" aria-label={ (title) ": " (spoken(unit, marks)) } {
            @for tick in 0..=TICKS {
                @let number = most * tick as f64 / TICKS as f64;
                line class="grid" x1=(at(x(number))) x2=(at(x(number))) y1="6" y2=(height - 22.0) {}
                text class="tick" x=(at(x(number))) y=(height - 6.0) { (quantity(unit, number)) }
            }
            @for (index, mark) in marks.iter().enumerate() {
                @let y = 26.0 + index as f64 * ROW;
                @let Interval { value, low, high } = mark.interval;
                text x=(MARGIN) y=(y - 12.0) {
                    (text(&mark.label)) " " tspan class="amount" dx="8" { (amount(unit, mark.interval)) }
                }
                line class="range" x1=(at(x(low))) x2=(at(x(high))) y1=(y) y2=(y) {}
                line class="range" x1=(at(x(low))) x2=(at(x(low))) y1=(y - 5.0) y2=(y + 5.0) {}
                line class="range" x1=(at(x(high))) x2=(at(x(high))) y1=(y - 5.0) y2=(y + 5.0) {}
                circle class="value" cx=(at(x(value))) cy=(y) r="4.5" {}
            }
        }
    };
    wide(title, picture)
}

fn at(number: f64) -> String {
    format!("{number:.1}")
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

/// The plot for who does not see it.
fn spoken(unit: Unit, marks: &[Mark]) -> String {
    let said = |mark: &Mark| format!("{} {}", text(&mark.label), amount(unit, mark.interval));
    marks.iter().map(said).collect::<Vec<_>>().join("; ")
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
        svg class="plot" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) }
            role="img" aria-label=(label) {
            line class="grid" x1=(left) x2=(width - 12.0) y1="10" y2="10" {}
            line class="grid" x1=(left) x2=(width - 12.0) y1=(height - bottom) y2=(height - bottom) {}
            text class="label" x=(left - 8.0) y="14" { (most_text) }
            text class="label" x=(left - 8.0) y=(height - bottom + 4.0) { "0" }
            text class="tick" x=(width - 34.0) y=(height - 6.0) { (end_text) }
            path class="series" d=(path) {}
        }
    };
    html! {
        p class="caption" { (title) }
        (wide(&label, picture))
    }
}
