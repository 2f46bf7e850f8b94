use leptos::prelude::*;

use super::money::{each, seats};
use crate::{
    billing::{
        api::{CancelPlan, ResumePlan},
        model::{Period, Standing},
        shown::{Overview, SubscriptionView},
    },
    ui::{Badge, Button, ConfirmDialog, LinkButton, Look, Setting, Tone},
};

/// What is paid for, and how it goes on.
#[component]
pub fn PlanSection(
    page: Overview,
    cancel: ServerAction<CancelPlan>,
    resume: ServerAction<ResumePlan>,
) -> impl IntoView {
    let intro = if page.on {
        "Billed through Stripe. Changes show the exact amount first."
    } else {
        "Billing is off here: nothing is sold, and everybody has the free plan."
    };
    let subscription = page.money.as_ref().and_then(|money| money.subscription.clone());
    let owner = page.money.as_ref().is_some_and(|money| money.owner);
    let badge =
        badge(page.standing, subscription.as_ref()).map(|(tone, word)| view! { " " <Badge tone=tone>{word}</Badge> });
    let sub = sentence(&page, subscription.as_ref());
    // What is not paid has no price that anybody pays.
    let price = subscription.as_ref().filter(|paid| !paid.incomplete && !paid.unpaid).map(|paid| {
        view! {
            <p class="price">
                <b>{paid.total.short()}</b>
                {format!(" {}", each(paid.period))}
            </p>
        }
    });
    let foot = subscription
        .as_ref()
        .filter(|paid| paid.per_seat)
        .map(|paid| format!("{} at {} {}.", seats(paid.seats), paid.unit.short(), each(paid.period)));
    let team = page.team_name.clone();
    let acts = (owner && page.on)
        .then(|| view! { <Acts page=page.clone() subscription=subscription cancel=cancel resume=resume/> });
    let others = (!owner && page.on).then_some(" The owner of the team decides about its plan.");
    let has_foot = foot.is_some() || acts.is_some() || others.is_some();
    view! {
        <Setting id="plan" title="Plan" intro=intro>
            <div class="panel">
                <div class="panel-body plan-line">
                    <div class="grow">
                        <p class="title">{page.name.clone()} {badge}</p>
                        <p class="sub">{sub}</p>
                        <p class="sub">"Team: " {team}</p>
                    </div>
                    {price}
                </div>
                {has_foot.then(|| view! { <div class="panel-foot"><span>{foot} {others}</span> {acts}</div> })}
            </div>
        </Setting>
    }
}

#[component]
fn Acts(
    page: Overview,
    subscription: Option<SubscriptionView>,
    cancel: ServerAction<CancelPlan>,
    resume: ServerAction<ResumePlan>,
) -> impl IntoView {
    let team = page.team.to_string();
    let Some(paid) = subscription else {
        return view! { <div class="actions"><LinkButton href="/billing/plans" look=Look::Primary>"Choose a plan"</LinkButton></div> }
            .into_any();
    };
    let waits = paid.ends.is_some() || paid.next.is_some();
    let resuming = waits.then(|| {
        let words = if paid.ends.is_some() { "Resume plan" } else { "Keep it as it is" };
        let team = team.clone();
        view! {
            <ActionForm action=resume>
                <input type="hidden" name="team" value=team/>
                <Button look=Look::Primary busy=resume.pending()>{words}</Button>
            </ActionForm>
        }
    });
    let until = match page.standing {
        Standing::Trial(_) => format!("You keep {} until {}, and nothing is ever charged.", paid.name, paid.renews),
        Standing::Active(_) => format!("You keep {} until {}, which is paid.", paid.name, paid.renews),
        _ => format!("{} ends, and what is not paid is not tried again.", paid.name),
    };
    let cancelling = paid.ends.is_none().then(|| {
        view! {
            <ConfirmDialog
                id="cancel-plan"
                title=format!("Cancel {}?", paid.name)
                open="Cancel plan"
                look=Look::Ghost
                cancel="Keep the plan"
                confirm=move || view! {
                    <ActionForm action=cancel>
                        <input type="hidden" name="team" value=team/>
                        <Button look=Look::Danger busy=cancel.pending()>"Cancel plan"</Button>
                    </ActionForm>
                }
            >
                <p>{until}</p>
                <p>
                    "Then the team moves to Free. Conversations, connections and invoices stay; what is above the limits of \
                     Free can be read and not used."
                </p>
            </ConfirmDialog>
        }
    });
    let owes = matches!(page.standing, Standing::PastDue(_));
    let change = (paid.ends.is_none() && !paid.incomplete && !paid.unpaid && !owes).then(|| {
        view! { <LinkButton href="/billing/plans">"Change plan"</LinkButton> }
    });
    let over = (paid.incomplete || paid.unpaid).then(|| {
        view! { <LinkButton href="/billing/plans">"See the plans"</LinkButton> }
    });
    view! { <div class="actions">{cancelling} {resuming} {change} {over}</div> }.into_any()
}

fn badge(standing: Standing, subscription: Option<&SubscriptionView>) -> Option<(Tone, &'static str)> {
    Some(match (standing, subscription) {
        (_, Some(paid)) if paid.incomplete => (Tone::Warn, "Waits for a payment"),
        (_, Some(paid)) if paid.unpaid => (Tone::Danger, "Not paid"),
        // The plan's name says it.
        (Standing::Free, _) => return None,
        (Standing::Trial(_), _) => (Tone::Ok, "Trial"),
        (Standing::Active(_), _) => (Tone::Ok, "Active"),
        (Standing::Ends(_), _) => (Tone::Warn, "Ends"),
        (Standing::PastDue(_), _) => (Tone::Danger, "Past due"),
        (Standing::Unclear(_), _) => (Tone::Warn, "Unclear"),
    })
}

fn sentence(page: &Overview, subscription: Option<&SubscriptionView>) -> String {
    let until = page.until.clone().unwrap_or_default();
    if let Some(next) = subscription.and_then(|paid| paid.next.as_ref().map(|next| (next, &paid.renews))) {
        return format!("Becomes {} on {}", next.0, next.1);
    }
    match page.standing {
        Standing::Free => match subscription {
            Some(paid) if paid.incomplete => format!("{} begins when its first payment is there", paid.name),
            Some(paid) => format!("{} was not paid for too long. It is back as soon as its invoice is paid", paid.name),
            None => "Nothing is paid, and nothing is owed".to_owned(),
        },
        Standing::Trial(_) => match subscription {
            Some(paid) => paid.after_trial(&until),
            None => format!("The trial goes on until {until}"),
        },
        Standing::Active(_) => match subscription.map(|paid| paid.period) {
            Some(Period::Yearly) => format!("Renews for a year on {until}"),
            _ => format!("Renews on {until}"),
        },
        Standing::Ends(_) => format!("Ends on {until} and is not renewed"),
        Standing::PastDue(_) => format!("Everything keeps working until {until}"),
        Standing::Unclear(_) => {
            format!(
                "Our payment service says something new to us. The plan stays until {until}; we are looking into it"
            )
        }
    }
}
