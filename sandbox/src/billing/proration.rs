//! What a part of a period costs. All in whole minor units.
//!
//! A change at `moment` within the period `[start, end)` gives back what is left of the old, and bills what is left of
//! the new: `amount × (end − moment) ÷ (end − start)`, each rounded to the nearest whole unit, halves away from zero. The
//! product is taken before the division, so nothing is lost between; JPY and KWD are whole numbers of their smallest
//! unit as any other. See <https://docs.stripe.com/billing/subscriptions/prorations>.

/// `amount × part ÷ whole`, to the nearest whole number, halves away from zero; 0 of nothing.
pub fn share(amount: i64, part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    let product = i128::from(amount) * i128::from(part);
    let whole = i128::from(whole);
    let half = whole / 2;
    let rounded = if product >= 0 { (product + half) / whole } else { (product - half) / whole };
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// What is left of an amount at a moment of its period.
pub fn left(amount: i64, start: i64, end: i64, moment: i64) -> i64 {
    share(amount, (end - moment).clamp(0, end - start), end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!(share(5, 1, 2), 3);
        assert_eq!(share(-5, 1, 2), -3);
        assert_eq!(share(1, 1, 3), 0);
        assert_eq!(share(2, 1, 3), 1);
        assert_eq!(share(7, 1, 0), 0);
    }

    #[test]
    fn what_is_left_goes_from_all_to_nothing() {
        assert_eq!(left(1_800, 100, 200, 100), 1_800);
        assert_eq!(left(1_800, 100, 200, 150), 900);
        assert_eq!(left(1_800, 100, 200, 200), 0);
        assert_eq!(left(-2_900, 0, 3, 2), -967);
    }
}
