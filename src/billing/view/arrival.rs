use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use crate::{
    billing::{
        api::{arrived, turned_back},
        shown::{Arrival, Cancelled},
    },
    error::AppError,
    ui::{Banner, LinkButton, Look, Page, Tone},
};

/// How many seconds pass until the page asks again.
const ASKS_AGAIN: &str = "4";

/// Where Stripe leads back to when something was paid.
#[component]
pub fn SuccessPage() -> impl IntoView {
    let query = use_query_map();
    let found =
        Resource::new_blocking(move || query.with(|query| query.get("session_id").unwrap_or_default()), arrived);
    view! {
        <Title text="Payment"/>
        <Page title="Payment">
            <Suspense>
                {move || Suspend::new(async move {
                    match found.await {
                        Ok(arrival) => view! { <Arrived arrival=arrival/> }.into_any(),
                        Err(error) => view! { <Unfound error=error/> }.into_any(),
                    }
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Arrived(arrival: Arrival) -> impl IntoView {
    let again =
        matches!(arrival, Arrival::Confirming).then(|| view! { <Meta http_equiv="refresh" content=ASKS_AGAIN/> });
    let (tone, told) = match &arrival {
        Arrival::Done { plan, trial } => {
            let trial = trial.iter().map(|trial| format!(" {trial}")).collect::<String>();
            (Tone::Ok, format!("Thank you. {plan} is yours from now on.{trial}"))
        }
        Arrival::Confirming => (
            Tone::Neutral,
            "Your payment is being confirmed. This page asks again by itself; you need not pay a second time.".to_owned(),
        ),
        Arrival::Processing => (
            Tone::Neutral,
            "Your payment is on its way. With some banks that takes days; the plan begins when the money is here, and we \
             write to you. You need not pay a second time."
                .to_owned(),
        ),
        Arrival::Unfinished { .. } => (
            Tone::Warn,
            "Your bank wants you to confirm the payment. Until you have, nothing is charged and the plan does not begin."
                .to_owned(),
        ),
        Arrival::NotPaid => (Tone::Warn, "Nothing was paid yet, and nothing was charged.".to_owned()),
        Arrival::Failed => (
            Tone::Danger,
            "The payment did not come through, and nothing was charged. Choose the plan again to pay in another way."
                .to_owned(),
        ),
        Arrival::Expired => (
            Tone::Warn,
            "Stripe's page was open for too long and is closed. Nothing was charged; choose the plan again.".to_owned(),
        ),
        Arrival::Over => (Tone::Neutral, "This payment was made, and what it was for is over.".to_owned()),
    };
    let way = match arrival {
        Arrival::Done { .. } => way("/chat", "Ask something", false),
        Arrival::Unfinished { pay: Some(pay) } => way(&pay, "Confirm the payment", true),
        Arrival::NotPaid => way("/billing/leave", "Go on to payment", true),
        Arrival::Failed | Arrival::Expired => way("/billing/plans", "See the plans", false),
        Arrival::Confirming | Arrival::Processing | Arrival::Over | Arrival::Unfinished { pay: None } => ().into_any(),
    };
    view! {
        {again}
        <Banner tone=tone>{told}</Banner>
        <div class="actions">
            {way}
            <LinkButton href="/billing">"Your plan"</LinkButton>
        </div>
    }
}

fn way(href: &str, words: &'static str, external: bool) -> AnyView {
    let href = href.to_owned();
    view! { <LinkButton href=href look=Look::Primary external=external>{words}</LinkButton> }.into_any()
}

/// Where Stripe leads back to when somebody has thought better of it.
#[component]
pub fn CancelledPage() -> impl IntoView {
    let query = use_query_map();
    let found = Resource::new_blocking(
        move || query.with(|query| query.get("checkout").unwrap_or_default()),
        |checkout| async move {
            let checkout = checkout.parse().map_err(|_| AppError::not_found("payment"))?;
            turned_back(checkout).await
        },
    );
    view! {
        <Title text="Not paid"/>
        <Page title="Not paid">
            <Suspense>
                {move || Suspend::new(async move {
                    match found.await {
                        Ok(state) => {
                            let on = (state == Cancelled::CanGoOn)
                                .then(|| way("/billing/leave", "Go on to payment", true));
                            view! {
                                <Banner>"You left before paying. Nothing was charged, and your plan is as it was."</Banner>
                                <div class="actions">
                                    {on}
                                    <LinkButton href="/billing/plans">"See the plans"</LinkButton>
                                    <LinkButton href="/billing">"Your plan"</LinkButton>
                                </div>
                            }
                                .into_any()
                        }
                        Err(error) => view! { <Unfound error=error/> }.into_any(),
                    }
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Unfound(error: AppError) -> impl IntoView {
    view! {
        <Banner tone=Tone::Danger>{error.message}</Banner>
        <div class="actions">
            <LinkButton href="/billing">"Your plan"</LinkButton>
        </div>
    }
}
