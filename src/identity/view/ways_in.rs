use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    identity::{
        api::{AnswerLink, Unlink, own_ways},
        model::{WayIn, WaysIn},
        page::Refused,
    },
    ui::{Banner, Button, ConfirmDialog, Icon, Look, Mark, Row, Rows, Setting, Size, Skeleton, Tone},
};

/// What opens the account: the address and the accounts elsewhere, with what can be added and removed.
#[component]
pub fn WaysInSection(
    /// What can be done about the address, in its row.
    #[prop(optional, into)]
    change_email: ViewFn,
) -> impl IntoView {
    let unlink = ServerAction::<Unlink>::new();
    let answer = ServerAction::<AnswerLink>::new();
    let not_unlinked =
        Signal::derive(move || unlink.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    let not_linked =
        Signal::derive(move || answer.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    let shown = Resource::new_blocking(move || (unlink.version().get(), answer.version().get()), |_| own_ways());
    view! {
        <Setting
            id="methods"
            title="Ways to sign in"
            intro="Keep two, so that losing one never locks you out."
        >
            <Refused error=not_unlinked except=""/>
            <Refused error=not_linked except=""/>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || {
                    let change_email = change_email.clone();
                    Suspend::new(async move {
                        match shown.await {
                            Ok(ways) => {
                                view! {
                                    <Question asked=ways.asked.clone() answer=answer/>
                                    <Told ways=ways.clone()/>
                                    <div class="panel">
                                        <Rows>
                                            {ways
                                                .email
                                                .clone()
                                                .map(|email| {
                                                    view! {
                                                        <Row
                                                            title="Code by e-mail"
                                                            sub=email
                                                            lead=|| view! { <span class="mark" aria-hidden="true"><Icon name="mail"/></span> }
                                                        >
                                                            {change_email.run()}
                                                        </Row>
                                                    }
                                                })}
                                            <Accounts ways=ways.clone() unlink=unlink/>
                                            <Linkable ways=ways/>
                                        </Rows>
                                    </div>
                                }
                                    .into_any()
                            }
                            Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                        }
                    })
                }}
            </Transition>
        </Setting>
    }
}

/// An account that was shown before signing in, and whose address is this person's.
#[component]
fn Question(asked: Option<(String, String)>, answer: ServerAction<AnswerLink>) -> impl IntoView {
    asked.map(|(service, label)| {
        let question = format!("Link {service}?");
        view! {
            <div class="panel">
                <div class="panel-body stack">
                    <h3>{question}</h3>
                    <p>
                        "You came with the " {service} " account " <b>{label}</b>
                        ". If you say yes, it opens this account from now on."
                    </p>
                    <div class="actions">
                        <ActionForm action=answer>
                            <input type="hidden" name="yes" value="true"/>
                            <Button look=Look::Primary>"Yes, link it"</Button>
                        </ActionForm>
                        <ActionForm action=answer>
                            <input type="hidden" name="yes" value="false"/>
                            <Button>"No"</Button>
                        </ActionForm>
                    </div>
                </div>
            </div>
        }
    })
}

/// What just happened at another site, told from the address. Only words of ours are shown.
#[component]
fn Told(ways: WaysIn) -> impl IntoView {
    let query = use_query_map();
    let named = move |key: &str| {
        let id = query.with_untracked(|query| query.get(key))?;
        ways.linkable.iter().find(|way| way.id == id).map(|way| way.name.clone())
    };
    let (tone, words) = if let Some(name) = named("linked") {
        (Tone::Ok, format!("{name} is linked: you can sign in with it now."))
    } else if let Some(name) = named("cancelled") {
        (Tone::Neutral, format!("You declined at {name}, so nothing was linked."))
    } else {
        return None;
    };
    Some(view! { <Banner tone=tone>{words}</Banner> })
}

#[component]
fn Accounts(ways: WaysIn, unlink: ServerAction<Unlink>) -> impl IntoView {
    let removable = ways.removable();
    ways.accounts
        .into_iter()
        .map(|account| {
            let sub = format!("{}, linked {}", account.label, account.linked_on);
            let mark = (account.provider.clone(), account.name.clone());
            view! {
                <Row title=account.name.clone() sub=sub lead=move || view! { <Mark id=mark.0 name=mark.1/> }>
                    {if removable {
                        view! { <Remove account=account unlink=unlink/> }.into_any()
                    } else {
                        view! { <span class="sub used">"Your only way in"</span> }.into_any()
                    }}
                </Row>
            }
        })
        .collect_view()
}

#[component]
fn Remove(account: WayIn, unlink: ServerAction<Unlink>) -> impl IntoView {
    let id = account.id.to_string();
    view! {
        <ConfirmDialog
            id=format!("unlink-{id}")
            title=format!("Unlink {}?", account.name)
            open="Unlink"
            look=Look::Plain
            size=Size::Small
            confirm=move || {
                view! {
                    <ActionForm action=unlink>
                        <input type="hidden" name="id" value=id.clone()/>
                        <Button look=Look::Danger busy=unlink.pending()>"Unlink"</Button>
                    </ActionForm>
                }
            }
        >
            <p>
                {format!(
                    "{} no longer opens your account, and other browsers that came in by {} are signed out. Connections stay.",
                    account.label,
                    account.name,
                )}
            </p>
        </ConfirmDialog>
    }
}

/// What can be added: links, because each leaves for another site, or for the page where a wallet signs.
#[component]
fn Linkable(ways: WaysIn) -> impl IntoView {
    let links: Vec<_> = ways
        .linkable
        .into_iter()
        .map(|way| {
            view! {
                <a class="button small" href=format!("/api/auth/link/{}", way.id) rel="external">
                    "Link "
                    {way.name}
                </a>
            }
        })
        .collect();
    view! {
        <div class="row">
            <div class="grow sub">"Add another way in"</div>
            <div class="actions">
                {links}
                <a class="button small" href="/settings/wallet" rel="external">"Link a wallet"</a>
            </div>
        </div>
    }
}
