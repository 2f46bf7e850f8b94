//! Charts, drawn on the server as on the page, each with its numbers in a table behind it. What is drawn is hidden from
//! screen readers; the table is for them, and for everybody.

mod bars;
mod clock;
mod heat;
mod numbers;

pub use self::{
    bars::{Bar, Bars},
    clock::Clock,
    heat::{Calendar, Week},
};

/// Which of five shades a share of the peak has. Nothing has a shade of its own.
fn shade(value: i64, peak: i64) -> &'static str {
    if value <= 0 || peak <= 0 {
        return "h0";
    }
    match value.saturating_mul(4).div_euclid(peak) {
        0 => "h1",
        1 => "h2",
        2 => "h3",
        _ => "h4",
    }
}

/// A number that fits beside others, such as 1,234.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_rise_with_the_share_and_numbers_are_grouped() {
        assert_eq!([0, 1, 25, 50, 75, 100].map(|value| shade(value, 100)), ["h0", "h1", "h2", "h3", "h4", "h4"]);
        assert_eq!(shade(5, 0), "h0");
        assert_eq!([0, 999, 1_000, 1_234_567, -1_000].map(grouped), ["0", "999", "1,000", "1,234,567", "-1,000"]);
    }
}
