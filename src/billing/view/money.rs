use leptos::prelude::*;

use crate::{
    billing::model::{OfferedPlan, Period},
    kit::money::Money,
};

/// What the free plan costs, in the currency in which the others are sold.
#[component]
pub fn NoPrice(
    /// Those that stand beside it.
    plans: Vec<OfferedPlan>,
) -> impl IntoView {
    let currency = plans.iter().find_map(|plan| plan.monthly.or(plan.yearly)).map(|price| price.currency);
    match currency {
        Some(currency) => {
            view! { <p class="price"><b>{Money::new(0, currency).short()}</b> " for good"</p> }.into_any()
        }
        None => view! { <p class="price"><b>"Free"</b></p> }.into_any(),
    }
}

/// «a month».
pub(super) fn each(period: Period) -> &'static str {
    match period {
        Period::Monthly => "a month",
        Period::Yearly => "a year",
    }
}

/// «1,440».
pub fn counted(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// «1 seat», «3 seats».
pub(super) fn seats(count: u32) -> String {
    format!("{} {}", counted(count.into()), if count == 1 { "seat" } else { "seats" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_amounts_are_short_and_counts_are_grouped() {
        let money = |minor, currency: &str| Money::new(minor, currency.parse().unwrap()).short();
        assert_eq!(money(1_800, "eur"), "€18");
        assert_eq!(money(1_850, "eur"), "€18.50");
        assert_eq!(money(1_800, "jpy"), "¥1,800");
        assert_eq!(money(18_000, "kwd"), "KWD\u{a0}18");
        assert_eq!(counted(0), "0");
        assert_eq!(counted(999), "999");
        assert_eq!(counted(15_000_000), "15,000,000");
        assert_eq!(seats(1), "1 seat");
        assert_eq!(seats(1_200), "1,200 seats");
    }
}
