use super::{Installation, SkipLink, StagingBar};
use crate::ui::{AuraGradient, Brand, Icon};
use leptos::prelude::*;

/// The pages in front of the app (sign in, enter the code): one thing to do, beside what Aura promises.
#[component]
pub fn GatePage(
    #[prop(into)] title: String,
    #[prop(optional, into)] intro: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    let staging = Installation::here().staging;
    view! {
        <SkipLink/>
        <AuraGradient/>
        {staging.then(|| view! { <StagingBar/> })}
        <div class="gate">
            <main id="main">
                <Brand/>
                <div class="stack">
                    <div class="stack tight">
                        <h1>{title}</h1>
                        <div class="muted">{intro.run()}</div>
                    </div>
                    {children()}
                </div>
            </main>
            <aside aria-label="What Aura promises">
                <Orbits/>
                <ul class="promises">
                    <Promise icon="list-checks" title="Nothing changes without you">
                        "Aura reads to answer. A change to a service needs your approval first."
                    </Promise>
                    <Promise icon="lock-keyhole" title="Your tokens stay sealed">
                        "Each one is encrypted by itself and never reaches a browser or a model."
                    </Promise>
                    <Promise icon="unplug" title="Leave when you like">
                        "Disconnect a service and its token is revoked where the service allows it, and deleted."
                    </Promise>
                </ul>
            </aside>
        </div>
    }
}

#[component]
fn Promise(icon: &'static str, title: &'static str, children: Children) -> impl IntoView {
    view! {
        <li>
            <Icon name=icon/>
            <div>
                <h2>{title}</h2>
                <p>{children()}</p>
            </div>
        </li>
    }
}

/// The ring, many times, as a quiet drawing.
#[component]
fn Orbits() -> impl IntoView {
    let orbits =
        [("60", "78", "-58"), ("90", "84", "20"), ("122", "70", "130"), ("156", "90", "210"), ("192", "64", "-20")];
    view! {
        <svg viewBox="0 0 400 400" aria-hidden="true">
            {orbits
                .into_iter()
                .map(|(radius, length, turn)| {
                    view! {
                        <circle
                            cx="200"
                            cy="200"
                            r=radius
                            pathLength="100"
                            stroke-dasharray=format!("{length} 100")
                            transform=format!("rotate({turn} 200 200)")
                        ></circle>
                    }
                })
                .collect_view()}
            <circle class="core" cx="200" cy="200" r="26"></circle>
        </svg>
    }
}
