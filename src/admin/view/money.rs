use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::loaded::{Done, Loaded, Refused};
use crate::{
    admin::{
        api::{TryMoneyAgain, money},
        model::{ActLine, ActState, BackLine, Money, TeamLine},
    },
    ui::{Badge, Banner, Button, Field, Panel, PanelBody, Row, Rows, Size, TextInput, Tone},
};

/// What went back of all teams, and the way to one of them.
#[component]
pub fn MoneyBack() -> impl IntoView {
    let again = ServerAction::<TryMoneyAgain>::new();
    provide_context(again);
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| (query.get("q").unwrap_or_default(), query.get("before").unwrap_or_default()))
    });
    let data = Resource::new_blocking(
        move || (asked.get(), again.version().get()),
        |((words, before), _)| money(words, before),
    );
    view! {
        <Done/>
        <Refused action=again/>
        <form class="stack" method="get" action="/admin/money" role="search">
            <Field
                id="q"
                label="Find a team"
                hint="The number of an invoice, the team's id, or an id of Stripe's. Whom it belongs to stands under People as well."
            >
                <TextInput name="q" kind="search" value=asked.get_untracked().0 attr:maxlength="255"/>
            </Field>
            <div class="actions"><Button>"Search"</Button></div>
        </form>
        <Loaded data=data children=shown/>
    }
}

fn shown(money: Money) -> impl IntoView {
    let Money { is_on, found, waits, backs, older } = money;
    view! {
        <div class="stack loose">
            {(!is_on).then(|| view! { <Banner tone=Tone::Accent>"Billing is off here, so nothing can be given back. What is known stays below."</Banner> })}
            {found.map(|teams| {
                let none = teams.is_empty();
                view! {
                    <Panel title="Found">
                        {none.then(|| view! { <PanelBody><p class="muted">"Nothing here has this number or id."</p></PanelBody> })}
                        <Rows>{teams.into_iter().map(team_row).collect_view()}</Rows>
                    </Panel>
                }
            })}
            {(!waits.is_empty()).then(|| view! { <Acts title="Waits for Stripe" acts=waits/> })}
            <Backs backs=backs/>
            {older.map(|id| {
                view! { <nav class="actions" aria-label="More refunds and disputes"><a class="button" href=format!("/admin/money?before={id}")>"Older"</a></nav> }
            })}
        </div>
    }
}

/// A team, and the way to its money.
pub fn team_row(team: TeamLine) -> impl IntoView {
    let TeamLine { id, name, plan, .. } = team;
    view! {
        <Row title=name.clone() sub=format!("Plan now: {plan}. {id}")>
            <a class="button small" href=format!("/admin/money/{id}") aria-label=format!("Money of {name}")>"Money"</a>
        </Row>
    }
}

/// Refunds and disputes.
#[component]
pub fn Backs(backs: Vec<BackLine>) -> impl IntoView {
    let none = backs.is_empty();
    view! {
        <Panel title="Refunds and disputes">
            {none.then(|| view! { <PanelBody><p class="muted">"None."</p></PanelBody> })}
            <Rows>{backs.into_iter().map(|back| view! { <OneBack back=back/> }).collect_view()}</Rows>
        </Panel>
    }
}

#[component]
fn OneBack(back: BackLine) -> impl IntoView {
    let BackLine { id, team, is_dispute, amount, state, reason, invoice, at, page } = back;
    let what = if is_dispute { "Disputed payment" } else { "Refund" };
    let tone = match state.as_str() {
        "succeeded" | "won" => Tone::Ok,
        "failed" | "canceled" | "lost" => Tone::Danger,
        _ => Tone::Warn,
    };
    let invoice = invoice.map(|number| format!(" Invoice {number}.")).unwrap_or_default();
    let reason = reason.map(|reason| format!(" {reason}.")).unwrap_or_default();
    let sub = format!("{at}.{invoice}{reason} Plan now: {}.", team.plan);
    let name = team.name.clone();
    view! {
        <Row title=format!("{what}: {amount}, {}", team.name) sub=sub>
            <Badge tone=tone>{state}</Badge>
            <a class="button small" href=format!("/admin/money/{}", team.id) aria-label=format!("Money of {name}")>"Money"</a>
            {page.map(|page| {
                view! { <a class="button small" href=page rel="external noopener" aria-label=format!("{what} {id} in Stripe's dashboard")>"Stripe"</a> }
            })}
        </Row>
    }
}

/// What operators did.
#[component]
pub fn Acts(title: &'static str, acts: Vec<ActLine>) -> impl IntoView {
    view! {
        <Panel title=title>
            <Rows>{acts.into_iter().map(|act| view! { <OneAct act=act/> }).collect_view()}</Rows>
        </Panel>
    }
}

#[component]
fn OneAct(act: ActLine) -> impl IntoView {
    let ActLine { id, team, what, state, by, because, problem, at } = act;
    let again = expect_context::<ServerAction<TryMoneyAgain>>();
    let (tone, word) = match state {
        ActState::Waits => (Tone::Warn, "Waits for Stripe"),
        ActState::Done => (Tone::Ok, "Done"),
        ActState::Refused => (Tone::Danger, "Refused"),
    };
    let problem = problem.map(|problem| format!(" Stripe said: {problem}.")).unwrap_or_default();
    let label = format!("Try again: {what} of {at}");
    view! {
        <Row title=what sub=format!("{at}, by {by}: {because}.{problem}")>
            <Badge tone=tone>{word}</Badge>
            {(state == ActState::Waits).then(|| view! {
                <a class="button small" href=format!("/admin/money/{team}") aria-label=format!("Money of the team {team}")>"Money"</a>
                <ActionForm action=again>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <Button size=Size::Small attr:aria-label=label>"Try again"</Button>
                </ActionForm>
            })}
        </Row>
    }
}
