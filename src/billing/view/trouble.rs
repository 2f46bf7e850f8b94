use leptos::prelude::*;

use crate::{
    billing::{
        api::OpenPortal,
        model::Standing,
        shown::{CheckoutView, Overview, Unpaid},
    },
    ui::{Banner, Button, LinkButton, Look, Tone},
};

/// What has to be done about the money, before everything else.
#[component]
pub fn Trouble(page: Overview, portal: ServerAction<OpenPortal>) -> impl IntoView {
    let Some(money) = page.money.clone() else { return ().into_any() };
    if let Some(unpaid) = money.unpaid {
        let team = page.team.to_string();
        let until = page.until.filter(|_| matches!(page.standing, Standing::PastDue(_)));
        let first = money.subscription.as_ref().is_some_and(|paid| paid.incomplete);
        let offers = money.portal;
        return view! { <Owed unpaid=unpaid until=until first=first team=team offers=offers portal=portal/> }
            .into_any();
    }
    match money.checkout {
        Some(CheckoutView { name, processing: true }) => view! {
            <Banner>
                {format!("The payment for {name} is confirmed and on its way. With some banks that takes days; the plan \
                    begins when the money is here, and we write to you.")}
            </Banner>
        }
            .into_any(),
        Some(CheckoutView { name, processing: false }) => view! {
            <Banner action=|| view! {
                <LinkButton href="/billing/leave" external=true>"Go on to payment"</LinkButton>
            }>
                {format!("You began to buy {name} and have not paid yet. Nothing was charged.")}
            </Banner>
        }
            .into_any(),
        None => ().into_any(),
    }
}

#[component]
fn Owed(
    unpaid: Unpaid,
    until: Option<String>,
    first: bool,
    team: String,
    offers: bool,
    portal: ServerAction<OpenPortal>,
) -> impl IntoView {
    let Unpaid { due, from, next_try, pay } = unpaid;
    let next = next_try.map(|day| format!(" It is tried again on {day}.")).unwrap_or_default();
    let then = match (until, first) {
        (Some(until), _) => {
            format!(
                " Everything keeps working until {until}; after that the team moves to Free and nothing is deleted."
            )
        }
        (None, true) => " Your bank may want you to confirm it. The plan begins when it is paid.".to_owned(),
        (None, false) => String::new(),
    };
    let pay = pay.map(|pay| {
        view! {
            <LinkButton href=pay look=Look::Primary external=true>{format!("Pay {due}")}</LinkButton>
        }
    });
    let card = offers.then(|| {
        view! {
            <ActionForm action=portal>
                <input type="hidden" name="team" value=team/>
                <Button busy=portal.pending()>"Use another card"</Button>
            </ActionForm>
        }
    });
    view! {
        <Banner tone=Tone::Danger action=move || view! { <div class="actions">{card} {pay}</div> }>
            <b>{format!("The invoice of {due} from {from} is not paid.")}</b>
            {next}
            {then}
        </Banner>
    }
}
