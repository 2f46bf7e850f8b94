use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    account::model::PictureFault,
    ui::{Banner, Tone},
};

/// What a form that loaded the page anew has done; its answer stands in the address.
#[component]
pub fn Saved() -> impl IntoView {
    let query = use_query_map();
    move || {
        let told = query.with(|query| {
            let saved = query.get("saved").and_then(|what| saved(&what)).map(|sentence| (Tone::Ok, sentence));
            let picture = query.get("picture").and_then(|what| picture(&what));
            saved.or(picture)
        });
        told.map(|(tone, sentence)| view! { <Banner tone=tone>{sentence}</Banner> })
    }
}

fn saved(what: &str) -> Option<&'static str> {
    Some(match what {
        "name" => "Your name is saved.",
        "handle" => "The handle is yours.",
        "theme" => "The look is saved for all your devices.",
        "time-zone" => "The time zone is saved.",
        _ => return None,
    })
}

fn picture(what: &str) -> Option<(Tone, &'static str)> {
    match what {
        "changed" => Some((Tone::Ok, "Your new picture is in its place.")),
        "removed" => Some((Tone::Ok, "Your picture is gone. Your initials stand in its place.")),
        fault => PictureFault::of(fault).map(|fault| (Tone::Danger, fault.sentence())),
    }
}
