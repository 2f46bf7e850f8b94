use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    billing::{api::plan_notice, shown::PlanNotice},
    ui::{Banner, LinkButton, Size, Tone},
};

/// Says on every page of the app what has to be done about the plan. It is read anew on each page, and when a form of
/// billing has done something.
#[component]
pub fn PlanBanner() -> impl IntoView {
    let location = use_location();
    let place = Memo::new(move |_| {
        let done = location.query.with(|query| query.get("done").unwrap_or_default());
        (location.pathname.get(), done)
    });
    let notice = Resource::new_blocking(move || place.get(), |_| plan_notice());
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let notice = notice.await.ok().flatten();
                let on_billing = place.with_untracked(|(path, _)| path == "/billing");
                // There the owner reads more of it, and what they can do.
                notice.filter(|notice| !(on_billing && notice.owner)).map(|PlanNotice { trouble, text, owner }| {
                    let tone = if trouble { Tone::Danger } else { Tone::Warn };
                    let words = if owner { "See what to do" } else { "See the plan" };
                    let way = move || {
                        (!on_billing).then(|| view! { <LinkButton href="/billing" size=Size::Small>{words}</LinkButton> })
                    };
                    view! { <Banner tone=tone action=way>{text}</Banner> }
                })
            })}
        </Transition>
    }
}
