//! The pages of operators, below one heading with tabs.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};

use super::{
    model::PLACES,
    view::{Events, Invitations, Jobs, People, PersonPage, Recoveries, Services, Summary},
};
use crate::ui::Page;

/// What stands at `/admin`, `/admin/{place}` and `/admin/people/{id}`.
#[component]
pub fn AdminPage() -> impl IntoView {
    let location = use_location();
    let params = use_params_map();
    let shown = Memo::new(move |_| {
        params.with(|params| (params.get("place").unwrap_or_default(), params.get("id").unwrap_or_default()))
    });
    let here = move |href: &'static str| location.pathname.with(|path| path == href).then_some("page");
    view! {
        <Title text="Administration"/>
        <Page title="Administration" intro="What concerns the whole installation. Each act is noted with your name.">
            <nav class="tabs" aria-label="Administration">
                {PLACES
                    .into_iter()
                    .map(|(href, label)| view! { <a href=href aria-current=move || here(href)>{label}</a> })
                    .collect_view()}
            </nav>
            {move || {
                let (place, id) = shown.get();
                match (place.as_str(), id.as_str()) {
                    (_, id) if !id.is_empty() => view! { <PersonPage id=id.to_owned()/> }.into_any(),
                    ("jobs", _) => view! { <Jobs/> }.into_any(),
                    ("events", _) => view! { <Events/> }.into_any(),
                    ("services", _) => view! { <Services/> }.into_any(),
                    ("people", _) => view! { <People/> }.into_any(),
                    ("recoveries", _) => view! { <Recoveries/> }.into_any(),
                    ("invitations", _) => view! { <Invitations/> }.into_any(),
                    _ => view! { <Summary/> }.into_any(),
                }
            }}
        </Page>
    }
}
