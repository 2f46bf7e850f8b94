use leptos::{either::Either, prelude::*};

use super::money::{NoPrice, counted, each, seats};
use crate::{
    billing::{
        api::{ChangePlan, StartCheckout},
        model::{FREE, OfferedPlan, Period},
        shown::{Change, Choice, Effect},
    },
    kit::money::Money,
    ui::{Badge, Banner, Button, Icon, LinkButton, Look, Setting, Tone},
};

/// The plans for a team: to be bought where nothing is paid yet, to be changed to where something is.
#[component]
pub fn Choose(
    page: Choice,
    /// The plan, the period and the seats that the address names.
    asked: [String; 3],
    buy: ServerAction<StartCheckout>,
    change: ServerAction<ChangePlan>,
) -> impl IntoView {
    if !page.on {
        return view! {
            <Banner>"Billing is off here. There is nothing to buy, and everybody has the free plan."</Banner>
            <p><a href="/billing">"Back to billing"</a></p>
        }
        .into_any();
    }
    let yearly = asked.get(1).is_some_and(|period| period == Period::Yearly.as_str())
        || page.current.as_ref().is_some_and(|paid| paid.period == Period::Yearly);
    let sum = page.change.clone().map(|asked| view! { <Confirm wanted=asked change=change/> });
    let cannot = (!page.owner).then(|| {
        view! { <Banner>"The owner of the team decides about its plan."</Banner> }
    });
    let plans = page.plans.clone();
    let wanted = asked.first().cloned().unwrap_or_default();
    let cards = plans
        .into_iter()
        .map(|plan| view! { <Card plan=plan page=page.clone() wanted=wanted.clone() buy=buy/> })
        .collect_view();
    view! {
        {cannot}
        {sum}
        <section class="monthly-or-yearly stack" aria-labelledby="plans">
            <div class="page-head">
                <div>
                    <h2 id="plans">{format!("Plans for {}", page.team_name)}</h2>
                    <p>"Amounts are without tax, where tax is due. Stripe shows it before you pay."</p>
                </div>
                <form class="segments" aria-label="Billing period">
                    <label><input type="radio" name="shown-period" value="monthly" checked=!yearly/>"Monthly"</label>
                    <label><input type="radio" name="shown-period" value="yearly" checked=yearly/>"Yearly"</label>
                </form>
            </div>
            <div class="plans">{cards}</div>
        </section>
        <p><a href="/billing">"Back to billing"</a></p>
    }
    .into_any()
}

#[component]
fn Card(plan: OfferedPlan, page: Choice, wanted: String, buy: ServerAction<StartCheckout>) -> impl IntoView {
    let here = page.plan == plan.id;
    let prices = if plan.id == FREE {
        Either::Left(view! { <NoPrice plans=page.plans.clone()/> })
    } else {
        Either::Right(
            [(Period::Monthly, plan.monthly), (Period::Yearly, plan.yearly)]
                .map(|(period, price)| view! { <Price price=price period=period per_seat=plan.per_seat/> })
                .collect_view(),
        )
    };
    let trial = page.trial && plan.trial_days > 0 && plan.id != FREE;
    let acts = (page.owner && plan.id != FREE).then(|| {
        [(Period::Monthly, plan.monthly), (Period::Yearly, plan.yearly)]
            .into_iter()
            .filter(|(_, price)| price.is_some())
            .map(|(period, _)| view! { <Act plan=plan.clone() page=page.clone() period=period trial=trial buy=buy/> })
            .collect_view()
    });
    let limits = plan.limits;
    let of = if plan.per_seat { " a seat" } else { "" };
    let ticks = [
        format!("{} messages a month{of}", counted(limits.messages.into())),
        format!("{} tokens a month{of}", counted(limits.tokens)),
        format!("{} connections a person", counted(limits.connections.into())),
        match limits.history_days {
            Some(days) => format!("Conversations of the last {days} days"),
            None => "All conversations, for ever".to_owned(),
        },
    ];
    let ticks = ticks.map(|tick| view! { <li><Icon name="check"/><span>{tick}</span></li> }).collect_view();
    let asked = (wanted == plan.id).then(|| view! { <p class="sub">"This is the plan that you looked at."</p> });
    view! {
        <div>
            <h3>
                {plan.name.clone()}
                {here.then(|| view! { " " <Badge tone=Tone::Ok>"Your plan"</Badge> })}
            </h3>
            {prices}
            <p class="sub">{plan.summary.clone()}</p>
            {asked}
            <ul class="ticks">{ticks}</ul>
            {trial.then(|| view! { <p class="sub">{format!("The first {} days are free, once for each team, person and card. With a card that had its trial the plan is paid at once.", plan.trial_days)}</p> })}
            {acts}
        </div>
    }
}

/// One amount; the switch above shows it or hides it.
#[component]
fn Price(price: Option<Money>, period: Period, per_seat: bool) -> impl IntoView {
    let words = match (price, per_seat) {
        (Some(_), true) => format!(" a seat {}", each(period)),
        (Some(_), false) => format!(" {}", each(period)),
        (None, _) => format!("It cannot be paid by the {} here.", period.noun()),
    };
    view! {
        <p class=format!("price {}", period.as_str())>
            {price.map(|price| view! { <b>{price.short()}</b> })}
            {words}
        </p>
    }
}

/// The way to a plan: a form that buys it, or a link to what it would cost to change.
#[component]
fn Act(
    plan: OfferedPlan,
    page: Choice,
    period: Period,
    trial: bool,
    buy: ServerAction<StartCheckout>,
) -> impl IntoView {
    let class = period.as_str();
    if let Some(paid) = page.current {
        let same = paid.plan == plan.id && paid.period == period && paid.next.is_none();
        if same {
            return view! { <p class=format!("sub {class}")>"This is what you pay for."</p> }.into_any();
        }
        let seats = if plan.per_seat { paid.seats.max(page.members) } else { 1 };
        let href = format!("/billing/plans?plan={}&period={}&seats={seats}#change", plan.id, period.as_str());
        let words = format!("{}, {}", plan.name, if period == Period::Monthly { "monthly" } else { "yearly" });
        return view! { <div class=class><LinkButton href=href>{format!("Change to {words}")}</LinkButton></div> }
            .into_any();
    }
    let words = match trial {
        true => format!("Try {} for {} days", plan.name, plan.trial_days),
        false => format!("Buy {} by the {}", plan.name, period.noun()),
    };
    let seats_id = format!("seats-{}-{class}", plan.id);
    let seats = plan.per_seat.then(|| {
        view! {
            <div class="field">
                <label for=seats_id.clone()>"Seats"</label>
                <input
                    class="input"
                    id=seats_id
                    name="seats"
                    type="number"
                    inputmode="numeric"
                    min=page.members
                    max="10000"
                    value=page.members
                    required=true
                />
            </div>
        }
    });
    view! {
        <ActionForm action=buy attr:class=format!("stack tight {class}")>
            <input type="hidden" name="team" value=page.team.to_string()/>
            <input type="hidden" name="plan" value=plan.id/>
            <input type="hidden" name="period" value=period.as_str()/>
            {seats}
            <Button look=Look::Primary wide=true busy=buy.pending()>{words}</Button>
        </ActionForm>
    }
    .into_any()
}

/// A change with its amount, to be agreed to.
#[component]
fn Confirm(wanted: Change, change: ServerAction<ChangePlan>) -> impl IntoView {
    let Change { team, plan, name, period, seats: count, per_seat, effect } = wanted;
    let mut title = format!("{name} by the {}", period.noun());
    if per_seat {
        title.push_str(&format!(", {}", seats(count)));
    }
    let intro = match &effect {
        Effect::Now { .. } => "Stripe has worked out the amount. It is valid for an hour.",
        Effect::Later { .. } => "It waits for the end of what is paid.",
        Effect::Same => "Nothing would change.",
    };
    let (told, agreed) = match &effect {
        Effect::Same => ("This is what you have already. There is nothing to change.".to_owned(), None),
        Effect::Later { on, then } => (
            format!(
                "Nothing is charged now. The change comes on {on}, at the end of what is paid. From then on it costs {then} {}.",
                each(period)
            ),
            Some(("Change at the end of the period".to_owned(), None)),
        ),
        Effect::Now { due, then, at, trial: Some(until) } => (
            format!(
                "Nothing is charged now, and the trial goes on until {until}. You pay {due} then, and {then} {} after that.",
                each(period)
            ),
            Some(("Change now".to_owned(), Some((*due, *at)))),
        ),
        Effect::Now { due, then, at, trial: None } => (
            format!(
                "You pay {due} now, for what is left of the period and with what you have paid already taken off. After that it costs {then} {}.",
                each(period)
            ),
            Some((format!("Pay {due} and change now"), Some((*due, *at)))),
        ),
    };
    let form = agreed.map(|(words, offer)| {
        let offer = offer.map(|(due, at)| {
            view! {
                <input type="hidden" name="at" value=at.to_string()/>
                <input type="hidden" name="due" value=due.minor.to_string()/>
                <input type="hidden" name="currency" value=due.currency.code().to_owned()/>
            }
        });
        view! {
            <ActionForm action=change>
                <input type="hidden" name="team" value=team.to_string()/>
                <input type="hidden" name="plan" value=plan/>
                <input type="hidden" name="period" value=period.as_str()/>
                <input type="hidden" name="seats" value=count.to_string()/>
                {offer}
                <Button look=Look::Primary busy=change.pending()>{words}</Button>
            </ActionForm>
        }
    });
    view! {
        <Setting id="change" title="Your change" intro=intro>
            <div class="panel">
                <div class="panel-body">
                    <p class="title">{title}</p>
                    <p>{told}</p>
                </div>
                <div class="panel-foot">
                    <div class="actions">
                        <LinkButton href="/billing">"Leave it as it is"</LinkButton>
                        {form}
                    </div>
                </div>
            </div>
        </Setting>
    }
}
