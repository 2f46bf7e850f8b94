//! The document around every page of the app.

use leptos::{
    config::LeptosOptions,
    hydration::{AutoReload, HydrationScripts},
    prelude::*,
};
use leptos_meta::{HashedStylesheet, MetaTags};

use super::App;

/// From `<!DOCTYPE html>` to `</html>`. The scripts carry the nonce that the answer's policy names.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#fbfbfd" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#101116" media="(prefers-color-scheme: dark)"/>
                <meta name="robots" content="noindex"/>
                <link rel="icon" href="/icons/aura.svg" type="image/svg+xml"/>
                <link rel="preload" href="/fonts/inter-latin-variable.woff2" r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                <HashedStylesheet options=options.clone() id="aura-style"/>
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
