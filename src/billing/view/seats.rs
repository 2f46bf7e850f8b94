use leptos::prelude::*;

use super::money::counted;
use crate::{
    billing::shown::Overview,
    ui::{Button, LinkButton, Setting},
};

/// For how many there is room, and how it becomes more or fewer.
#[component]
pub fn SeatsSection(page: Overview) -> impl IntoView {
    let seats = page.seats;
    let paid = page.money.as_ref().and_then(|money| money.subscription.clone()).filter(|paid| paid.per_seat);
    let owner = page.money.as_ref().is_some_and(|money| money.owner);
    let intro = match paid {
        Some(_) => "More seats are paid for the days that are left. Fewer come at the end of what is paid.",
        None => "Each member takes one.",
    };
    let waits =
        paid.as_ref().and_then(|paid| paid.next_seats.map(|next| (next, paid.renews.clone()))).map(|(next, on)| {
            view! { <span class="muted">{format!(" {} from {on} on", counted(next.into()))}</span> }
        });
    let change = paid.filter(|paid| owner && paid.ends.is_none() && !paid.incomplete && !paid.unpaid).map(|paid| {
        let (one_less, one_more) = (paid.seats.saturating_sub(1), paid.seats + 1);
        let fewer = one_less >= seats.taken.max(1);
        let (plan, period) = (paid.plan.clone(), paid.period.as_str());
        let change = |to: u32| format!("/billing/plans?plan={plan}&period={period}&seats={to}#change");
        let fewer = fewer.then(|| view! { <LinkButton href=change(one_less)>"One seat fewer"</LinkButton> });
        let more = view! { <LinkButton href=change(one_more)>"One seat more"</LinkButton> };
        view! {
            <form class="actions" method="get" action="/billing/plans">
                <input type="hidden" name="plan" value=paid.plan/>
                <input type="hidden" name="period" value=period/>
                {fewer}
                {more}
                <label class="visually-hidden" for="seats-wanted">"Number of seats"</label>
                <input
                    class="input"
                    id="seats-wanted"
                    name="seats"
                    type="number"
                    inputmode="numeric"
                    min=seats.taken.max(1)
                    max="10000"
                    value=paid.seats
                    required=true
                />
                <Button>"Show the amount"</Button>
            </form>
        }
    });
    view! {
        <Setting id="seats" title="Seats" intro=intro>
            <div class="panel">
                <div class="panel-body plan-line">
                    <p class="grow">
                        <b>{format!("{} of {}", counted(seats.taken.into()), counted(seats.room.into()))}</b>
                        " seats taken"
                        {waits}
                    </p>
                    <LinkButton href="/team">"Manage people"</LinkButton>
                </div>
                {change.map(|change| view! { <div class="panel-foot">{change}</div> })}
            </div>
        </Setting>
    }
}
