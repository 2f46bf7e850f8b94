use std::f64::consts::TAU;

use leptos::prelude::*;

use super::{grouped, numbers::Numbers, shade};

const CENTRE: f64 = 150.0;
const INNER: f64 = 46.0;
const OUTER: f64 = 118.0;

/// Twenty-four hours around a dial, midnight on top.
#[component]
pub fn Clock(
    /// Of each hour.
    values: [i64; 24],
    /// What is counted, such as «plays».
    unit: &'static str,
    #[prop(into)] title: String,
) -> impl IntoView {
    let peak = values.iter().copied().max().unwrap_or(0);
    let at = values.iter().position(|value| *value == peak).unwrap_or(0);
    let wedges = (0u8..)
        .zip(values)
        .map(|(hour, value)| view! { <path class=shade(value, peak) d=wedge(hour, value, peak)/> })
        .collect_view();
    let rows = (0u8..).zip(values).map(|(hour, value)| vec![format!("{hour:02}:00"), grouped(value)]).collect();
    let said = if peak > 0 {
        format!("Most between {at:02}:00 and {:02}:00: {} {unit}.", (at + 1) % 24, grouped(peak))
    } else {
        format!("No {unit} in this time.")
    };
    view! {
        <figure class="chart panel">
            <figcaption>
                <h2>{title.clone()}</h2>
                <span>{format!("{unit} by hour")}</span>
            </figcaption>
            <svg class="plot" viewBox="0 0 300 300" aria-hidden="true">
                <circle class="guide" cx="150" cy="150" r="118"/>
                <circle class="guide" cx="150" cy="150" r="82"/>
                {wedges}
                <text x="150" y="22" text-anchor="middle">"00"</text>
                <text x="284" y="154" text-anchor="middle">"06"</text>
                <text x="150" y="287" text-anchor="middle">"12"</text>
                <text x="16" y="154" text-anchor="middle">"18"</text>
                {(peak > 0)
                    .then(|| {
                        view! {
                            <text class="strong" x="150" y="150" text-anchor="middle">{format!("{at:02}:00")}</text>
                            <text x="150" y="166" text-anchor="middle">"peak hour"</text>
                        }
                    })}
            </svg>
            <p>{said}</p>
            <Numbers label=title heads=vec!["Hour", "Plays"] rows=rows/>
        </figure>
    }
}

/// The outline of an hour's wedge; even an hour without anything leaves a mark.
fn wedge(hour: u8, value: i64, peak: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let share = if peak > 0 { value as f64 / peak as f64 } else { 0.0 };
    let radius = INNER + 3.0 + (OUTER - INNER - 3.0) * share;
    let angle = |turn: f64| (turn / 24.0) * TAU;
    let (from, to) = (angle(f64::from(hour) + 0.09), angle(f64::from(hour) + 0.91));
    let point =
        |radius: f64, angle: f64| format!("{:.1} {:.1}", CENTRE + radius * angle.sin(), CENTRE - radius * angle.cos());
    format!(
        "M{}A{INNER} {INNER} 0 0 1 {}L{}A{radius:.1} {radius:.1} 0 0 0 {}Z",
        point(INNER, from),
        point(INNER, to),
        point(radius, to),
        point(radius, from)
    )
}

#[cfg(test)]
mod tests {
    use super::wedge;

    #[test]
    fn the_peak_reaches_the_outer_ring_and_midnight_stands_on_top() {
        let path = wedge(0, 10, 10);
        assert!(path.starts_with("M151.1 104.0A46 46") && path.contains("A118.0 118.0"), "{path}");
        assert!(wedge(5, 0, 0).contains("A49.0 49.0"));
    }
}
