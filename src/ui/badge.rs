use leptos::prelude::*;

/// What a state means, said by colour, dot and word together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Neutral,
    Ok,
    Warn,
    Danger,
    /// Aura is acting, or waits for the person.
    Accent,
}

impl Tone {
    /// The class that colours it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Danger => "danger",
            Self::Accent => "accent",
        }
    }

    /// The drawing that goes with it where there is room for one.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Neutral | Self::Accent => "info",
            Self::Ok => "circle-check",
            Self::Warn => "triangle-alert",
            Self::Danger => "circle-alert",
        }
    }
}

/// A short state in a word or two. `plain` leaves out the dot.
#[component]
pub fn Badge(#[prop(optional)] tone: Tone, #[prop(optional)] plain: bool, children: Children) -> impl IntoView {
    view! {
        <span class=format!("badge {}", tone.class()).trim_end().to_owned() class:plain=plain>
            {children()}
        </span>
    }
}
