use leptos::prelude::*;

/// Lines in the place of text that is still on its way, so that nothing jumps when it comes.
#[component]
pub fn Skeleton(
    /// How many lines; the last one is short.
    #[prop(default = 3)]
    lines: u8,
) -> impl IntoView {
    view! {
        <div aria-busy="true">
            <span class="visually-hidden">"Loading"</span>
            {(1..=lines)
                .map(|line| view! { <span class="skeleton" class:short=line == lines aria-hidden="true"></span> })
                .collect_view()}
        </div>
    }
}
