//! The document around every page of the app.

use leptos::{
    attr::custom::CustomAttribute as _,
    config::LeptosOptions,
    html::meta,
    hydration::{AutoReload, HydrationScripts},
    prelude::*,
};
use leptos_meta::{HashedStylesheet, MetaTags};

use super::{App, gate::Gate};
use crate::identity::{model::Theme, session};

/// From `<!DOCTYPE html>` to `</html>`. The scripts carry the nonce that the answer's policy names. `live` is the script
/// through which the tabs of a browser share one stream of events; only somebody who is signed in has one.
pub fn shell(options: LeptosOptions, live: String, attach: String) -> impl IntoView {
    let theme = theme();
    let person = session::current().ok().flatten().map(|session| session.user.to_string());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                {beginning(theme, options.clone())}
                {person.map(|person| view! { <script src=live defer=true data-person=person></script> })}
                <script src=attach defer=true></script>
                <AutoReload options=options.clone()/>
                <HydrationScripts options=options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The same around a page in front of the app: no browser takes it over, and one small script helps it.
pub fn gate_shell(options: LeptosOptions, script: String) -> impl IntoView {
    let theme = theme();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                {beginning(theme, options)}
                <script src=script defer=true></script>
                <MetaTags/>
            </head>
            <body>
                <Gate/>
            </body>
        </html>
    }
}

/// The look that somebody chose stands in the document itself, so that no other one is seen first.
fn theme() -> Theme {
    session::current().ok().flatten().map(|session| session.theme).unwrap_or_default()
}

/// What every document of the app has in its head.
fn beginning(theme: Theme, options: LeptosOptions) -> impl IntoView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        {bar_colours(theme)}
        <meta name="robots" content="noindex"/>
        <link rel="icon" href="/icons/aura.svg" type="image/svg+xml"/>
        <link rel="preload" href="/fonts/inter-latin-variable.woff2" r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
        <HashedStylesheet options=options id="aura-style"/>
    }
}

/// What a browser paints its own bars with: the page's ground.
fn bar_colours(theme: Theme) -> impl IntoView {
    let bar = |look: Theme, ground: &'static str| {
        let only = (theme == Theme::System).then(|| format!("(prefers-color-scheme: {})", look.as_str()));
        let shown = theme == Theme::System || theme == look;
        shown.then(|| meta().attr("name", "theme-color").attr("content", ground).attr("media", only))
    };
    (bar(Theme::Light, "#fbfbfd"), bar(Theme::Dark, "#101116"))
}
