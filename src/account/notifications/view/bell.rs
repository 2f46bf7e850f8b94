use leptos::prelude::*;

use crate::{
    account::notifications::{api, browser, model::counted},
    error::AppError,
    ui::Icon,
};

/// How many notifications are unread: as the server rendered it, and in a browser as it is told since.
#[derive(Clone, Copy)]
pub struct Unread {
    rendered: Resource<Result<u32, AppError>>,
    told: RwSignal<Option<u32>>,
}

impl Unread {
    /// Makes the count available below; the frame calls this once.
    pub fn provide() {
        let told = RwSignal::new(None);
        provide_context(Self { rendered: Resource::new_blocking(|| (), |()| api::unread()), told });
        // Effects run in the browser only.
        Effect::new(move |_| browser::hear_unread(move |unread| told.set(Some(unread))));
    }

    /// What was told since the page was rendered.
    pub fn told() -> Option<RwSignal<Option<u32>>> {
        use_context().map(|Self { told, .. }| told)
    }
}

/// The way to the notifications, with how many are unread. It is a link, so it works without a script.
#[component]
pub fn Bell() -> impl IntoView {
    let unread = use_context::<Unread>();
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let Unread { rendered, told } = unread?;
                // Who cannot be told how many there are still finds the way.
                let rendered = rendered.await.unwrap_or_default();
                let count = Signal::derive(move || told.get().unwrap_or(rendered));
                Some(view! { <BellLink count=count/> })
            })}
        </Transition>
    }
}

#[component]
fn BellLink(count: Signal<u32>) -> impl IntoView {
    let name = move || match count.get() {
        0 => "Notifications".to_owned(),
        unread => format!("Notifications, {unread} unread"),
    };
    view! {
        <a class="button ghost square bell" href="/notifications" aria-label=name>
            <Icon name="bell"/>
            {move || {
                let unread = count.get();
                (unread > 0).then(|| view! { <span class="count" aria-hidden="true">{counted(unread)}</span> })
            }}
        </a>
    }
}
