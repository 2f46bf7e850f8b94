use leptos::prelude::*;

/// A table in a panel. Where it is wider than its place it scrolls in there, which a keyboard can do as well.
#[component]
pub fn TablePanel(
    /// Names the region that scrolls.
    #[prop(into)]
    label: String,
    /// What stands above the columns, from the start to the end.
    heads: &'static [&'static str],
    /// Its `tr`s.
    children: Children,
) -> impl IntoView {
    let heads = heads.iter().map(|head| view! { <th scope="col">{*head}</th> }).collect_view();
    view! {
        <div class="panel">
            <div class="table-scroll" role="region" aria-label=label tabindex="0">
                <table class="table">
                    <thead>
                        <tr>{heads}</tr>
                    </thead>
                    <tbody>{children()}</tbody>
                </table>
            </div>
        </div>
    }
}
