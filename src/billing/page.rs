//! The pages of billing: the plan, the choice of another one, and the ways to and from Stripe.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::{CancelPlan, ChangePlan, OpenPortal, ResumePlan, StartCheckout, choice, overview},
    browser,
    shown::{Departure, Overview},
    view::{Choose, Invoices, Payment, PlanSection, SeatsSection, Trouble, UsageSection},
};
use crate::{
    error::AppError,
    identity::page::{Refused, refusal_of},
    ui::{Banner, Skeleton, Tone},
};

pub use super::view::{CancelledPage, LeavingPage, SuccessPage};

/// Opens Stripe's page as soon as its address is there.
fn leaves(departed: Signal<Option<Result<Departure, AppError>>>) {
    Effect::new(move |_| {
        if let Some(Ok(Departure { url })) = departed.get() {
            browser::leave(&url);
        }
    });
}

/// What is paid for, what is used, and what was paid.
#[component]
pub fn BillingPage(
    /// How many connections the viewer has, of how many: they are counted elsewhere.
    #[prop(into)]
    connections: ViewFn,
) -> impl IntoView {
    let portal = ServerAction::<OpenPortal>::new();
    let cancel = ServerAction::<CancelPlan>::new();
    let resume = ServerAction::<ResumePlan>::new();
    leaves(Signal::derive(move || portal.value().get()));
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|query| query.get("done").unwrap_or_default()));
    let shown =
        Resource::new_blocking(move || (cancel.version().get(), resume.version().get(), asked.get()), |_| overview());
    view! {
        <Title text="Billing"/>
        {move || done(&asked.get()).map(|(tone, told)| view! { <Banner tone=tone>{told}</Banner> })}
        <Refused error=refusal_of(portal) except=""/>
        <Refused error=refusal_of(cancel) except=""/>
        <Refused error=refusal_of(resume) except=""/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || {
                let connections = connections.clone();
                Suspend::new(async move {
                    match shown.await {
                        Ok(page) => {
                            view! { <Whole page=page connections=connections portal=portal cancel=cancel resume=resume/> }
                                .into_any()
                        }
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}

/// What a form has done.
fn done(what: &str) -> Option<(Tone, &'static str)> {
    Some(match what {
        "changed" => (Tone::Ok, "Your plan is changed."),
        "waits" => (Tone::Ok, "The change comes at the end of what is paid. Until then everything stays as it is."),
        "to-pay" => {
            (Tone::Warn, "The payment is not through yet. The change comes as soon as the invoice below is paid.")
        }
        "cancelled" => (Tone::Ok, "The plan is cancelled. You can resume it until it ends."),
        "resumed" => (Tone::Ok, "The plan goes on as it was."),
        _ => return None,
    })
}

#[component]
fn Whole(
    page: Overview,
    connections: ViewFn,
    portal: ServerAction<OpenPortal>,
    cancel: ServerAction<CancelPlan>,
    resume: ServerAction<ResumePlan>,
) -> impl IntoView {
    let money = page.money.clone().map(|money| {
        view! {
            <Payment team=page.team money=money.clone() portal=portal/>
            <Invoices invoices=money.invoices adjustments=money.adjustments/>
        }
    });
    view! {
        <Trouble page=page.clone() portal=portal/>
        <PlanSection page=page.clone() cancel=cancel resume=resume/>
        <UsageSection page=page.clone() connections=connections/>
        {(!page.personal).then(|| view! { <SeatsSection page=page.clone()/> })}
        {money}
    }
}

/// The plans for the team, and the change that was asked for with its amount.
#[component]
pub fn PlansPage() -> impl IntoView {
    let buy = ServerAction::<StartCheckout>::new();
    let change = ServerAction::<ChangePlan>::new();
    leaves(Signal::derive(move || buy.value().get()));
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| ["plan", "period", "seats"].map(|name| query.get(name).unwrap_or_default()))
    });
    let shown = Resource::new_blocking(
        move || (asked.get(), buy.version().get(), change.version().get()),
        |([plan, period, seats], _, _)| choice(plan, period, seats),
    );
    view! {
        <Title text="Plans"/>
        <Refused error=refusal_of(buy) except=""/>
        <Refused error=refusal_of(change) except=""/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(page) => {
                        view! { <Choose page=page asked=asked.get_untracked() buy=buy change=change/> }.into_any()
                    }
                    Err(error) => {
                        view! {
                            <Banner tone=Tone::Danger>{error.message}</Banner>
                            <p><a href="/billing/plans">"All plans"</a></p>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}
