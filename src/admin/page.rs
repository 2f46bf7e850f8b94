//! The pages of operators, below one heading with tabs.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};

use super::{
    model::PLACES,
    view::{Events, Invitations, Jobs, MoneyBack, People, PersonPage, Recoveries, Services, Summary, TeamMoneyPage},
};
use crate::ui::Page;

/// What stands at `/admin`, `/admin/{place}`, `/admin/people/{id}` and `/admin/money/{team}`.
#[component]
pub fn AdminPage() -> impl IntoView {
    let location = use_location();
    let params = use_params_map();
    let shown = Memo::new(move |_| {
        params.with(|params| ["place", "id", "team"].map(|name| params.get(name).unwrap_or_default()))
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
                let [place, id, team] = shown.get();
                match place.as_str() {
                    _ if !id.is_empty() => view! { <PersonPage id=id/> }.into_any(),
                    _ if !team.is_empty() => view! { <TeamMoneyPage id=team/> }.into_any(),
                    "jobs" => view! { <Jobs/> }.into_any(),
                    "events" => view! { <Events/> }.into_any(),
                    "services" => view! { <Services/> }.into_any(),
                    "people" => view! { <People/> }.into_any(),
                    "money" => view! { <MoneyBack/> }.into_any(),
                    "recoveries" => view! { <Recoveries/> }.into_any(),
                    "invitations" => view! { <Invitations/> }.into_any(),
                    _ => view! { <Summary/> }.into_any(),
                }
            }}
        </Page>
    }
}
