use leptos::prelude::*;

use super::{grouped, numbers::Numbers};

/// One column of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// In the table.
    pub name: String,
    /// Under the column, where there is room.
    pub short: String,
    /// How high it is.
    pub value: i64,
    /// What else the table says.
    pub more: Vec<String>,
}

/// With more columns than these it is wider, and scrolls where there is no room.
const FEW: usize = 12;
const HEIGHT: f64 = 110.0;

/// Columns beside one another; the highest stands out.
#[component]
pub fn Bars(
    bars: Vec<Bar>,
    #[prop(into)] title: String,
    /// What is counted.
    unit: &'static str,
    /// Of the table.
    heads: Vec<&'static str>,
) -> impl IntoView {
    let peak = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    let is_wide = bars.len() > FEW;
    let width = if is_wide { 620 } else { 300 };
    let step = width / bars.len().max(1);
    // Names stand under as many columns as have room for them.
    let every = bars.len().div_ceil(if is_wide { 12 } else { 7 }).max(1);
    let columns = bars.iter().enumerate().map(|(place, bar)| {
        #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
        let height = if peak > 0 { bar.value as f64 / peak as f64 * HEIGHT } else { 0.0 };
        let class = if bar.value == peak && peak > 0 { "h4" } else { "h3" };
        let (left, wide) = (place * step, (step * 3 / 4).max(1));
        view! {
            <rect class=class x=left y=format!("{:.1}", 124.0 - height) width=wide height=format!("{height:.1}") rx="2"/>
            {place
                .is_multiple_of(every)
                .then(|| view! { <text x=left y="142">{bar.short.clone()}</text> })}
        }
    });
    let plot = view! {
        <svg class="plot" viewBox=format!("0 0 {width} 148") aria-hidden="true">
            <path class="guide" d=format!("M0 124.5h{width}")/>
            {columns.collect_view()}
        </svg>
    };
    let rows = bars.iter().map(|bar| [vec![bar.name.clone(), grouped(bar.value)], bar.more.clone()].concat()).collect();
    view! {
        <figure class="chart panel">
            <figcaption>
                <h2>{title.clone()}</h2>
                <span>{unit}</span>
            </figcaption>
            {if is_wide {
                view! {
                    <div class="table-scroll" role="region" aria-label=title.clone() tabindex="0">
                        {plot}
                    </div>
                }
                    .into_any()
            } else {
                plot.into_any()
            }}
            <Numbers label=title heads=heads rows=rows/>
        </figure>
    }
}
