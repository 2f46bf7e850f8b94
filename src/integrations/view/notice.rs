use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    integrations::catalogue::model::ServiceView,
    ui::{Banner, Tone},
};

/// What just happened, told from the address that an act led to. Only words of ours are shown, never those of the
/// address.
#[component]
pub fn Notice(services: Vec<ServiceView>) -> impl IntoView {
    let query = use_query_map();
    move || {
        query.with(|query| {
            let named = |key: &str| {
                let id = query.get(key)?;
                services.iter().find(|service| service.id == id).map(|service| service.name.clone())
            };
            let (tone, words) = if let Some(service) = named("connected") {
                (Tone::Ok, format!("{service} is connected."))
            } else if let Some(service) = named("cancelled") {
                (Tone::Neutral, format!("You did not go on at {service}, so nothing was changed."))
            } else if let Some(service) = named("disconnected") {
                ended(&service, query.get("verdict").as_deref())
            } else if let Some(service) = named("service") {
                (Tone::Danger, trouble(&service, query.get("trouble").as_deref()))
            } else {
                return None;
            };
            Some(view! { <Banner tone=tone>{words}</Banner> })
        })
    }
}

fn ended(service: &str, verdict: Option<&str>) -> (Tone, String) {
    match verdict {
        Some("revoked") => (
            Tone::Ok,
            format!("{service} is disconnected. Aura's access was revoked there, and the stored tokens are gone."),
        ),
        Some("unsupported") => (
            Tone::Neutral,
            format!(
                "{service} is disconnected and the stored tokens are gone. {service} offers no way to revoke access from here: remove Aura or its key in your settings there."
            ),
        ),
        _ => (
            Tone::Warn,
            format!(
                "{service} is disconnected and cannot be read from here any more, but {service} did not confirm that access was revoked. Aura tries again for a day; you can also remove it in your settings there."
            ),
        ),
    }
}

fn trouble(service: &str, code: Option<&str>) -> String {
    match code {
        Some("key_refused") => {
            format!("{service} does not accept this key. Check that it is whole and still active there.")
        }
        Some("key_malformed") => format!("This does not look like a key of {service}. Copy it again, whole."),
        Some("too_many_requests") => format!("{service} asks to wait. Try again in a minute."),
        Some("service_away") => format!(
            "{service} does not answer properly at the moment, so nothing was connected. Try again in a few minutes."
        ),
        _ => format!("{service} could not be connected. Try again."),
    }
}
