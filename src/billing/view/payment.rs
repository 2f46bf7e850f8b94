use leptos::prelude::*;

use crate::{
    billing::{api::OpenPortal, shown::MoneyView},
    kit::id::TeamId,
    ui::{Button, Setting},
};

/// By what is paid, and where that is changed.
#[component]
pub fn Payment(team: TeamId, money: MoneyView, portal: ServerAction<OpenPortal>) -> impl IntoView {
    if !money.portal && money.card.is_none() {
        return ().into_any();
    }
    let (title, sub) = match money.card {
        Some(card) => (card.name, card.expires.map(|expires| format!("Expires {expires}"))),
        None => ("No card is known".to_owned(), None),
    };
    let change = money.portal.then(|| {
        view! {
            <ActionForm action=portal>
                <input type="hidden" name="team" value=team.to_string()/>
                <Button busy=portal.pending()>"Change at Stripe"</Button>
            </ActionForm>
        }
    });
    view! {
        <Setting id="method" title="Payment" intro="Kept by Stripe. Aura sees the last four digits.">
            <div class="panel rows">
                <div class="row">
                    <div class="grow">
                        <div class="title">{title}</div>
                        {sub.map(|sub| view! { <div class="sub">{sub}</div> })}
                        <div class="sub">"Cards, billing address and tax number are changed at Stripe."</div>
                    </div>
                    {change}
                </div>
            </div>
        </Setting>
    }
    .into_any()
}
