//! The frames that pages stand in: public pages, the gate in front of the app, and the app itself.

mod app_shell;
mod gate;
mod page;
mod public;

pub use app_shell::{AppShell, NavItem};
pub use gate::GatePage;
pub use page::{Page, Setting, SmallBar, Topbar};
pub use public::PublicPage;

use leptos::prelude::*;

/// What the frames may know of this installation; provided by context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    /// Whether it is for trying things out, and says so on each page.
    pub staging: bool,
}

impl Installation {
    /// The one that was provided.
    #[must_use]
    pub fn here() -> Self {
        use_context().unwrap_or_default()
    }
}

/// The first thing that Tab reaches.
#[component]
fn SkipLink() -> impl IntoView {
    view! { <a class="skip" href="#main">"Skip to content"</a> }
}

/// Says on every page of a staging installation that it is one.
#[component]
pub fn StagingBar() -> impl IntoView {
    view! {
        <section class="staging" aria-label="About this installation">
            "Staging: for trying things out. What is stored here may be deleted."
        </section>
    }
}
