use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    loaded::{Done, Loaded, Refused},
    money::{Acts, Backs},
};
use crate::{
    admin::{
        api::{EndPlan, Refund, TryMoneyAgain, team_money},
        model::{Endable, Left, PaymentLine, TeamLine, TeamMoney},
    },
    ui::{Badge, Button, Field, LinkButton, Look, Panel, PanelBody, Row, Rows, TextInput, Tone},
};

/// What an operator can do about a team's money, and which payment they chose.
#[derive(Clone, Copy)]
struct Desk {
    refund: ServerAction<Refund>,
    end: ServerAction<EndPlan>,
    chosen: Memo<String>,
}

/// The money of one team, by the id in the address.
#[component]
pub fn TeamMoneyPage(id: String) -> impl IntoView {
    let query = use_query_map();
    let chosen = Memo::new(move |_| query.with(|query| query.get("invoice").unwrap_or_default()));
    let desk = Desk { refund: ServerAction::new(), end: ServerAction::new(), chosen };
    let again = ServerAction::<TryMoneyAgain>::new();
    provide_context(desk);
    provide_context(again);
    let asked = move || (desk.refund.version().get(), desk.end.version().get(), again.version().get(), chosen.get());
    let data = Resource::new_blocking(asked, move |_| team_money(id.clone()));
    view! {
        <Done/>
        <Refused action=desk.refund/>
        <Refused action=desk.end/>
        <Refused action=again/>
        <Loaded data=data children=shown/>
    }
}

fn shown(money: TeamMoney) -> impl IntoView {
    let TeamMoney { team, plan, payments, acts, backs, act } = money;
    let (id, act) = (team.id.to_string(), act.to_string());
    let chosen = expect_context::<Desk>().chosen.get_untracked();
    let chosen = payments.iter().find(|payment| payment.invoice == chosen).cloned();
    let refund = chosen.and_then(|payment| {
        let left = payment.left.clone()?;
        Some(view! { <RefundForm team=id.clone() act=act.clone() payment=payment left=left/> })
    });
    let end = plan.map(|plan| view! { <EndForm team=id.clone() act=act plan=plan/> });
    let none = payments.is_empty();
    let lines = payments.into_iter().map(|payment| view! { <Payment team=id.clone() payment=payment/> }).collect_view();
    view! {
        <div class="stack loose">
            <Who team=team/>
            {refund}
            <Panel title="Invoices">
                {none.then(|| view! { <PanelBody><p class="muted">"None."</p></PanelBody> })}
                <Rows>{lines}</Rows>
            </Panel>
            {end}
            {(!acts.is_empty()).then(|| view! { <Acts title="What operators did" acts=acts/> })}
            <Backs backs=backs/>
        </div>
    }
}

#[component]
fn Who(team: TeamLine) -> impl IntoView {
    let TeamLine { id, name, owner, plan } = team;
    view! {
        <Panel title=name>
            <Rows>
                <Row title="Id" sub=id.to_string()/>
                <Row title="Plan now" sub=plan/>
                {owner.map(|owner| view! {
                    <Row title="Owner" sub=owner.to_string()>
                        <a class="button small" href=format!("/admin/people/{owner}") aria-label="Look at the owner">"Look"</a>
                    </Row>
                })}
            </Rows>
        </Panel>
    }
}

#[component]
fn Payment(team: String, payment: PaymentLine) -> impl IntoView {
    let PaymentLine { invoice, number, state, total, refunded, left, at, page } = payment;
    let tone = match state.as_str() {
        "paid" => Tone::Ok,
        "open" => Tone::Warn,
        _ => Tone::Neutral,
    };
    let back = refunded.map(|refunded| format!(", {refunded} of it given back")).unwrap_or_default();
    view! {
        <Row title=format!("{number}: {total}") sub=format!("{at}{back}")>
            <Badge tone=tone>{state}</Badge>
            {left.map(|_| view! {
                <a class="button small" href=format!("/admin/money/{team}?invoice={invoice}") aria-label=format!("Refund {number}")>"Refund"</a>
            })}
            {page.map(|page| view! {
                <a class="button small" href=page rel="external noopener" aria-label=format!("{number} in Stripe's dashboard")>"Stripe"</a>
            })}
        </Row>
    }
}

#[component]
fn RefundForm(team: String, act: String, payment: PaymentLine, left: Left) -> impl IntoView {
    let refund = expect_context::<Desk>().refund;
    let PaymentLine { invoice, number, .. } = payment;
    let back = format!("/admin/money/{team}");
    view! {
        <Panel title=format!("Refund {number}")>
            <PanelBody>
                <p>
                    "Stripe gives the money back to the card or account that it came from, in five to ten days. It cannot be taken \
                     back. The owner of the team is told by mail. The plan goes on: where it is to end as well, end it below."
                </p>
                <ActionForm action=refund attr:class="stack">
                    <input type="hidden" name="id" value=act/>
                    <input type="hidden" name="team" value=team/>
                    <input type="hidden" name="invoice" value=invoice/>
                    <input type="hidden" name="left" value=left.minor.to_string()/>
                    <Field id="amount" label="Amount" hint=format!("At most {}, with a point before the smaller unit.", left.told)>
                        <TextInput name="amount" value=left.typed required=true attr:inputmode="decimal" attr:autocomplete="off" attr:maxlength="24"/>
                    </Field>
                    <Field id="because" label="Why" hint="Operators read it; nobody else does.">
                        <TextInput name="because" required=true attr:maxlength="300"/>
                    </Field>
                    <div class="actions">
                        <Button look=Look::Danger busy=refund.pending()>"Give the money back"</Button>
                        <LinkButton href=back>"Cancel"</LinkButton>
                    </div>
                </ActionForm>
            </PanelBody>
        </Panel>
    }
}

#[component]
fn EndForm(team: String, act: String, plan: Endable) -> impl IntoView {
    let end = expect_context::<Desk>().end;
    let Endable { subscription, paid_until } = plan;
    view! {
        <Panel title="End the plan now">
            <PanelBody>
                <p>
                    {format!(
                        "The plan is paid until {paid_until}. Ended here, it is over at once and the team has the free plan: nothing \
                         more is billed, and nothing goes back by it. What is to go back is refunded above. It cannot be resumed; \
                         the owner is told by mail, and can buy again.",
                    )}
                </p>
                <ActionForm action=end attr:class="stack">
                    <input type="hidden" name="id" value=act/>
                    <input type="hidden" name="team" value=team/>
                    <input type="hidden" name="subscription" value=subscription/>
                    <Field id="why" label="Why it ends" hint="Operators read it; nobody else does.">
                        <TextInput name="because" required=true attr:maxlength="300"/>
                    </Field>
                    <div class="actions"><Button look=Look::Danger busy=end.pending()>"End the plan now"</Button></div>
                </ActionForm>
            </PanelBody>
        </Panel>
    }
}
