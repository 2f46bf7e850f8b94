use leptos::prelude::*;

use crate::ui::Disclosure;

/// The numbers behind a chart.
#[component]
pub(super) fn Numbers(
    #[prop(into)] label: String,
    heads: Vec<&'static str>,
    /// The first of each is what the row is about.
    rows: Vec<Vec<String>>,
) -> impl IntoView {
    let heads = heads.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view();
    let rows = rows
        .into_iter()
        .map(|row| {
            let mut cells = row.into_iter();
            let head = cells.next().unwrap_or_default();
            view! {
                <tr>
                    <th scope="row">{head}</th>
                    {cells.map(|cell| view! { <td>{cell}</td> }).collect_view()}
                </tr>
            }
        })
        .collect_view();
    let caption = label.clone();
    view! {
        <Disclosure summary="Show as a table">
            <div class="table-scroll" role="region" aria-label=label tabindex="0">
                <table class="table">
                    <caption class="visually-hidden">{caption}</caption>
                    <thead>
                        <tr>{heads}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Disclosure>
    }
}
