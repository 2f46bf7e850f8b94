use leptos::prelude::*;

use crate::{
    billing::{
        model::{Audience, FREE, OfferedPlan, Period, PlanLimits},
        view::{NoPrice, counted},
    },
    kit::money::Money,
    ui::{Badge, Disclosure, Icon, LinkButton, Look, PublicPage, Size, Tone},
};

/// What it costs and what that allows: the plans of this installation, with the amounts that its payment service names.
#[component]
pub fn Pricing(
    staging: bool,
    plans: Vec<OfferedPlan>,
    /// Whether anything is sold here.
    on: bool,
    /// For how many days a plan stays after a payment failed.
    grace_days: i64,
) -> impl IntoView {
    let yearly = plans.iter().any(|plan| plan.yearly.is_some());
    let lead = if on {
        "One message is one answer, however many accounts it reads. Answers that fail are free."
    } else {
        "Billing is off here: nobody is charged, no card is asked for, and everyone has the free plan."
    };
    let switch = (on && yearly).then(|| {
        view! {
            <form class="segments" aria-label="Billing period">
                <label><input type="radio" name="period" value="monthly" checked=true/>"Monthly"</label>
                <label><input type="radio" name="period" value="yearly"/>"Yearly"</label>
            </form>
        }
    });
    let shown: Vec<OfferedPlan> = plans.into_iter().filter(|plan| on || plan.id == FREE).collect();
    let cards = shown.iter().map(|plan| view! { <Card plan=plan.clone() beside=shown.clone() on=on/> }).collect_view();
    let compared = (shown.len() > 1).then(|| view! { <Compared plans=shown.clone()/> });
    view! {
        <PublicPage current="/pricing" staging=staging>
            <div class="monthly-or-yearly">
                <section class="hero plain">
                    <div class="wrap page-head">
                        <div>
                            <h1>"Pricing"</h1>
                            <p class="lead">{lead}</p>
                        </div>
                        {switch}
                    </div>
                    <div class="wrap">
                        <div class="plans">{cards}</div>
                    </div>
                </section>
                {compared}
                <Questions on=on grace_days=grace_days/>
            </div>
        </PublicPage>
    }
}

#[component]
fn Card(plan: OfferedPlan, beside: Vec<OfferedPlan>, on: bool) -> impl IntoView {
    let free = plan.id == FREE;
    let prices = if free {
        view! { <NoPrice plans=beside/> }.into_any()
    } else if plan.monthly.is_none() && plan.yearly.is_none() {
        view! { <p><Badge tone=Tone::Neutral>"Cannot be bought at the moment"</Badge></p> }.into_any()
    } else {
        [(Period::Monthly, plan.monthly), (Period::Yearly, plan.yearly)]
            .map(|(period, price)| view! { <Price period=period price=price per_seat=plan.per_seat/> })
            .collect_view()
            .into_any()
    };
    let (words, href) = match (free, plan.trial_days) {
        (true, _) => ("Start free".to_owned(), "/signin".to_owned()),
        (false, 0) => (format!("Choose {}", plan.name), way(&plan)),
        (false, days) => (format!("Try {} for {days} days", plan.name), way(&plan)),
    };
    let look = if plan.audience == Audience::Person || !on { Look::Primary } else { Look::Plain };
    let ticks = ticks(&plan).into_iter().map(|tick| view! { <li><Icon name="check"/><span>{tick}</span></li> });
    view! {
        <div>
            <h2>{plan.name.clone()}</h2>
            {prices}
            <p class="sub">{plan.summary.clone()}</p>
            <ul class="ticks">{ticks.collect_view()}</ul>
            <LinkButton href=href look=look size=Size::Large external=true>{words}</LinkButton>
        </div>
    }
}

/// Through the sign-in, and then to the plans of the person's team.
fn way(plan: &OfferedPlan) -> String {
    format!("/billing/plans?plan={}", plan.id)
}

#[component]
fn Price(period: Period, price: Option<Money>, per_seat: bool) -> impl IntoView {
    let words = match (price, per_seat) {
        (Some(_), true) => format!(" a seat a {}", period.noun()),
        (Some(_), false) => format!(" a {}", period.noun()),
        (None, _) => format!("Not paid by the {}", period.noun()),
    };
    view! { <p class=format!("price {}", period.as_str())>{price.map(|price| view! { <b>{price.short()}</b> })} {words}</p> }
}

fn ticks(plan: &OfferedPlan) -> Vec<String> {
    let PlanLimits { messages, connections, members, history_days, .. } = plan.limits;
    let of = if plan.per_seat { " a seat" } else { "" };
    let mut ticks = vec![
        format!("{} messages a month{of}", counted(messages.into())),
        format!("{connections} connections a person"),
        match history_days {
            Some(days) => format!("Conversations of the last {days} days"),
            None => "All conversations, for ever".to_owned(),
        },
    ];
    if plan.audience == Audience::Everyone && members > 1 {
        ticks.push(format!("Teams of up to {members} people"));
    }
    ticks
}

#[component]
fn Compared(plans: Vec<OfferedPlan>) -> impl IntoView {
    let heads = plans.iter().map(|plan| view! { <th scope="col">{plan.name.clone()}</th> }).collect_view();
    let row = |name: &'static str, cell: fn(&OfferedPlan) -> String| {
        let cells = plans.iter().map(|plan| view! { <td>{cell(plan)}</td> }).collect_view();
        view! { <tr><th scope="row">{name}</th>{cells}</tr> }
    };
    let rows = [
        row("Messages a month", |plan| format!("{}{}", counted(plan.limits.messages.into()), a_seat(plan))),
        row("Tokens a month", |plan| format!("{}{}", counted(plan.limits.tokens), a_seat(plan))),
        row("Connections a person", |plan| plan.limits.connections.to_string()),
        row("People", |plan| match (plan.per_seat, plan.limits.members) {
            (true, _) => "One a seat".to_owned(),
            (false, 1) => "One".to_owned(),
            (false, members) => format!("Up to {members}"),
        }),
        row("Conversations shown", |plan| match plan.limits.history_days {
            Some(days) => format!("{days} days"),
            None => "All".to_owned(),
        }),
        row("Trial", |plan| match plan.trial_days {
            0 => "None".to_owned(),
            days => format!("{days} days"),
        }),
        row("Approval before every write", |_| "Yes".to_owned()),
    ];
    view! {
        <section class="band">
            <div class="wrap stack loose">
                <h2>"Compare"</h2>
                <div class="table-scroll" role="region" aria-label="Plans compared" tabindex="0">
                    <table class="table compare">
                        <thead>
                            <tr>
                                <th scope="col"><span class="visually-hidden">"What"</span></th>
                                {heads}
                            </tr>
                        </thead>
                        <tbody>{rows.into_iter().collect_view()}</tbody>
                    </table>
                </div>
                {on_tax()}
            </div>
        </section>
    }
}

fn a_seat(plan: &OfferedPlan) -> &'static str {
    if plan.per_seat { " a seat" } else { "" }
}

fn on_tax() -> impl IntoView {
    view! { <p class="sub">"Amounts are without tax, where tax is due. It is shown before you pay."</p> }
}

#[component]
fn Questions(on: bool, grace_days: i64) -> impl IntoView {
    let money = on.then(|| {
        view! {
            <Disclosure summary="Can I leave at any time?">
                <p>
                    "Yes. The plan runs to the end of what is paid, then the team moves to Free. What is above the limits of \
                     Free can be read and not used; nothing is deleted."
                </p>
            </Disclosure>
            <Disclosure summary="What if a payment fails?">
                <p>
                    {format!("For {grace_days} days everything keeps working. We write once for each attempt and show what \
                        to do. After that the team moves to Free and nothing is deleted.")}
                </p>
            </Disclosure>
        }
    });
    view! {
        <section class="band">
            <div class="wrap aside">
                <h2>"Questions"</h2>
                <div class="questions">
                    <Disclosure summary="What happens when the messages run out?" open=true>
                        <p>
                            "You can read everything and decide on what waits for your approval. New questions wait for the \
                             next month, or for a bigger plan."
                        </p>
                    </Disclosure>
                    {money}
                    <Disclosure summary="Who pays for the model?">
                        <p>
                            "Whoever runs this installation. Where no model is set up, Aura answers a small set of questions \
                             by fixed rules and says so; those answers count for nothing."
                        </p>
                    </Disclosure>
                </div>
            </div>
        </section>
    }
}
