use leptos::{either::Either, prelude::*, server_fn::ServerFn};
use leptos_router::hooks::{use_location, use_query_map};

use crate::{
    error::AppError,
    ui::{Banner, LinkButton, Skeleton, Tone},
};

/// What the server gave, or its refusal. Blocking, so that it is whole without a script.
#[component]
pub fn Loaded<T, V>(data: Resource<Result<T, AppError>>, children: fn(T) -> V) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match data.await {
                    Ok(value) => Either::Left(children(value)),
                    Err(error) => Either::Right(view! { <Trouble error=error/> }),
                }
            })}
        </Transition>
    }
}

/// What an act was refused with, and the way to a fresh proof where that is what is missing.
#[component]
pub fn Trouble(error: AppError) -> impl IntoView {
    let here = use_location().pathname;
    let prove = error.code == "prove_first";
    view! {
        <Banner
            tone=Tone::Danger
            action=move || prove.then(|| view! { <LinkButton href=move || format!("/settings/confirm?next={}", here.get()) external=true>"Confirm"</LinkButton> })
        >
            {error.message}
        </Banner>
    }
}

/// What an act that went wrong has to say.
#[component]
pub fn Refused<S>(action: ServerAction<S>) -> impl IntoView
where
    S: ServerFn<Output = (), Error = AppError> + Clone + Send + Sync + 'static,
{
    let refused = move || action.value().with(|done| done.as_ref()?.as_ref().err().cloned());
    move || refused().map(|error| view! { <Trouble error=error/> })
}

/// What was just done, told from the address that the act led to. Only words of ours are shown.
#[component]
pub fn Done() -> impl IntoView {
    let query = use_query_map();
    move || {
        let words = match query.with(|query| query.get("done"))?.as_str() {
            "job" => "The job runs again.",
            "mail" => "The mail is on its way again.",
            "event" => "The event is done again.",
            "suspended" => "The account is suspended, and signed out everywhere.",
            "restored" => "The account is open again.",
            "ended" => "All browsers of this person are signed out.",
            "invited" => "The invitation is on its way.",
            "approved" => "The account has the new address, and is signed out everywhere.",
            "refused" => "The account keeps the address that it has.",
            "refunded" => "The refund is made. The owner of the team is told by mail.",
            "plan_ended" => "The plan is over, and the team has the free plan. Its owner is told by mail.",
            "money_done" => "It is done.",
            "taken_back" => "The invitation is taken back.",
            _ => return None,
        };
        Some(view! { <Banner tone=Tone::Ok>{words}</Banner> })
    }
}
