use leptos::prelude::*;

use super::{grouped, numbers::Numbers, shade};

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

#[component]
fn Legend() -> impl IntoView {
    view! {
        <span class="legend">
            "Less "
            <svg class="plot" viewBox="0 0 74 10" aria-hidden="true">
                <rect class="h0" width="10" height="10" rx="2"/>
                <rect class="h1" x="16" width="10" height="10" rx="2"/>
                <rect class="h2" x="32" width="10" height="10" rx="2"/>
                <rect class="h3" x="48" width="10" height="10" rx="2"/>
                <rect class="h4" x="64" width="10" height="10" rx="2"/>
            </svg>
            " More"
        </span>
    }
}

/// Hours of the days of a week, from Monday on.
#[component]
pub fn Week(values: [[i64; 24]; 7], #[prop(into)] title: String) -> impl IntoView {
    let peak = values.iter().flatten().copied().max().unwrap_or(0);
    let rows = DAYS.iter().zip(values).enumerate().map(|(line, (day, hours))| {
        let top = line * 22;
        let cells = hours.into_iter().enumerate().map(|(hour, value)| {
            view! { <rect class=shade(value, peak) x=34 + hour * 22 y=top width="20" height="20" rx="4"/> }
        });
        view! {
            <text x="0" y=top + 15>{day.get(..3).unwrap_or_default()}</text>
            {cells.collect_view()}
        }
    });
    let hours = [0, 6, 12, 18].map(|hour| view! { <text x=34 + hour * 22 y="172">{format!("{hour:02}:00")}</text> });
    let numbers = DAYS.iter().zip(values).map(|(day, hours)| {
        let most = hours.iter().copied().max().unwrap_or(0);
        let busiest = hours.iter().position(|value| *value == most).filter(|_| most > 0);
        let sum: i64 = hours.iter().sum();
        vec![(*day).to_owned(), busiest.map_or_else(|| "none".to_owned(), |hour| format!("{hour:02}:00")), grouped(sum)]
    });
    let numbers = numbers.collect();
    view! {
        <figure class="chart panel">
            <figcaption>
                <h2>{title.clone()}</h2>
                <Legend/>
            </figcaption>
            <div class="table-scroll" role="region" aria-label="Plays by weekday and hour" tabindex="0">
                <svg class="plot week" viewBox="0 0 562 176" aria-hidden="true">{rows.collect_view()} {hours}</svg>
            </div>
            <Numbers label=title heads=vec!["Day", "Busiest hour", "Plays"] rows=numbers/>
        </figure>
    }
}

/// Days one after the other, a column a week from Monday on.
#[component]
pub fn Calendar(
    /// On which weekday the first is, Monday being none.
    starts: usize,
    /// Of each day.
    values: Vec<i64>,
    /// What stands above: the day's place and the month's name.
    months: Vec<(usize, String)>,
    /// Of each month, for the table: its name and its sum.
    sums: Vec<(String, i64)>,
    #[prop(into)] title: String,
) -> impl IntoView {
    let peak = values.iter().copied().max().unwrap_or(0);
    let width = (values.len() + starts).div_ceil(7).max(1) * 13;
    let cells = values.into_iter().enumerate().map(|(day, value)| {
        let place = day + starts;
        view! { <rect class=shade(value, peak) x=place / 7 * 13 y=16 + place % 7 * 13 width="11" height="11" rx="2.5"/> }
    });
    let names = months.into_iter().map(|(day, name)| view! { <text x=(day + starts) / 7 * 13 y="10">{name}</text> });
    let rows = sums.into_iter().map(|(month, plays)| vec![month, grouped(plays)]).collect();
    view! {
        <figure class="chart panel">
            <figcaption>
                <h2>{title.clone()}</h2>
                <Legend/>
            </figcaption>
            <div class="table-scroll" role="region" aria-label="Plays by day" tabindex="0">
                <svg class="plot" viewBox=format!("0 0 {width} 108") aria-hidden="true">
                    {cells.collect_view()} {names.collect_view()}
                </svg>
            </div>
            <Numbers label=title heads=vec!["Month", "Plays"] rows=rows/>
        </figure>
    }
}
