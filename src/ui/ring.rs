use leptos::prelude::*;

/// The mark of Aura: the person is the dot, their services are the ring. It turns while Aura works, either by
/// `turning` or inside a parent with `aria-busy="true"`.
#[component]
pub fn Ring(#[prop(optional)] large: bool, #[prop(optional, into)] turning: Signal<bool>) -> impl IntoView {
    view! {
        <svg class="ring" class:large=large class:turning=turning viewBox="0 0 24 24" aria-hidden="true">
            <circle
                class="arc"
                cx="12"
                cy="12"
                r="9.25"
                pathLength="100"
                stroke="url(#aura)"
                stroke-dasharray="78 22"
                transform="rotate(-58)"
            ></circle>
            <circle class="dot" cx="12" cy="12" r="3.6"></circle>
        </svg>
    }
}

/// The colours of the ring. A gradient cannot be referred to in another file, so each document holds it once; the
/// layouts see to that.
#[component]
pub fn AuraGradient() -> impl IntoView {
    view! {
        <svg class="sprite" aria-hidden="true">
            <defs>
                <linearGradient id="aura" x1="2" y1="3" x2="22" y2="21" gradientUnits="userSpaceOnUse">
                    <stop class="aura-from"></stop>
                    <stop class="aura-to" offset="1"></stop>
                </linearGradient>
            </defs>
        </svg>
    }
}

/// The ring with the name, as a link home.
#[component]
pub fn Brand(
    /// Where it leads: the landing page for visitors, the first page of the app for people who are signed in.
    #[prop(default = "/")]
    href: &'static str,
) -> impl IntoView {
    // The landing page lies outside the app's own routes, so the browser has to load it.
    let rel = (href == "/").then_some("external");
    view! {
        <a class="brand" href=href rel=rel>
            <Ring/>
            " Aura"
        </a>
    }
}
