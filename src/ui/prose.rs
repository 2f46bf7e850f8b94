use leptos::prelude::*;

/// Running text. The HTML must have been sanitised on the server: it is put into the page as it is.
#[component]
pub fn Prose(#[prop(into)] html: Signal<String>) -> impl IntoView {
    view! { <div class="prose" inner_html=move || html.get()></div> }
}
