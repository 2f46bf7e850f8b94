use leptos::prelude::*;

use super::ago::ago;
use crate::{
    integrations::{
        api::Disconnect,
        model::{ConnectionState, ConnectionView},
    },
    kit::time::Timestamp,
    ui::{Badge, Button, ConfirmDialog, LinkButton, Look, Mark, Row, Rows, Size, Tone},
};

/// Connections that wait for their person.
#[component]
pub fn Attention(connections: Vec<ConnectionView>, disconnect: ServerAction<Disconnect>) -> impl IntoView {
    let waiting: Vec<ConnectionView> = connections.into_iter().filter(ConnectionView::waits).collect();
    (!waiting.is_empty()).then(|| {
        let rows: Vec<_> = waiting
            .into_iter()
            .map(|connection| {
                let sub = format!("{}. {}", connection.account_label, connection.trouble.clone().unwrap_or_default());
                let mark = (connection.provider.clone(), connection.service_name.clone());
                let badge = match connection.state {
                    ConnectionState::Active => "Rests",
                    ConnectionState::Partial => "Partly granted",
                    ConnectionState::NeedsReauth => "Sign in again",
                };
                let rests = connection.state == ConnectionState::Active;
                let mend = if rests {
                    view! { <LinkButton href="/billing/plans">"See plans"</LinkButton> }.into_any()
                } else {
                    view! { <Reconnect connection=connection.clone()/> }.into_any()
                };
                view! {
                    <Row
                        title=connection.service_name.clone()
                        sub=sub
                        lead=move || view! { <Mark id=mark.0 name=mark.1/> }
                    >
                        <Badge tone=Tone::Warn>{badge}</Badge>
                        <Details connection=connection.clone()/>
                        {mend}
                        <End connection=connection disconnect=disconnect/>
                    </Row>
                }
            })
            .collect();
        view! {
            <section class="stack tight" aria-labelledby="attention">
                <h2 id="attention">"Needs attention"</h2>
                <div class="panel">
                    <Rows>{rows}</Rows>
                </div>
            </section>
        }
    })
}

/// Connections that work.
#[component]
pub fn Connected(
    connections: Vec<ConnectionView>,
    now: Timestamp,
    disconnect: ServerAction<Disconnect>,
) -> impl IntoView {
    let working: Vec<ConnectionView> = connections.into_iter().filter(|connection| !connection.waits()).collect();
    (!working.is_empty()).then(|| {
        let rows: Vec<_> = working
            .into_iter()
            .map(|connection| {
                let mark = (connection.provider.clone(), connection.service_name.clone());
                let used = connection.last_used_at.map_or("not used yet".to_owned(), |moment| ago(moment, now));
                let sub = if connection.by_key {
                    format!("{}, by key", connection.account_label)
                } else {
                    connection.account_label.clone()
                };
                view! {
                    <Row
                        title=connection.service_name.clone()
                        sub=sub
                        lead=move || view! { <Mark id=mark.0 name=mark.1/> }
                    >
                        <span class="sub used">{used}</span>
                        <Badge tone=Tone::Ok>"Connected"</Badge>
                        <Details connection=connection.clone()/>
                        <End connection=connection disconnect=disconnect/>
                    </Row>
                }
            })
            .collect();
        view! {
            <section class="stack tight" aria-labelledby="yours">
                <h2 id="yours">"Connected"</h2>
                <div class="panel">
                    <Rows>{rows}</Rows>
                </div>
            </section>
        }
    })
}

/// A key is pasted anew on the service's form; everything else is a sign-in.
#[component]
fn Reconnect(connection: ConnectionView) -> impl IntoView {
    let href = if connection.by_key {
        format!("/connections/add/{}?reconnect={}", connection.provider, connection.id)
    } else {
        format!("/api/integrations/{}?reconnect={}", connection.provider, connection.id)
    };
    view! {
        <LinkButton href=href look=Look::Primary size=Size::Small external=true>
            {if connection.by_key { "Paste anew" } else { "Reconnect" }}
            <span class="visually-hidden">{format!(" {}", connection.service_name)}</span>
        </LinkButton>
    }
}

/// The way to the connection's own page.
#[component]
fn Details(connection: ConnectionView) -> impl IntoView {
    view! {
        <LinkButton href=format!("/connections/{}", connection.id) size=Size::Small>
            "Details"
            <span class="visually-hidden">
                {format!(" of {}, {}", connection.service_name, connection.account_label)}
            </span>
        </LinkButton>
    }
}

/// Disconnecting, asked once.
#[component]
fn End(connection: ConnectionView, disconnect: ServerAction<Disconnect>) -> impl IntoView {
    let service = connection.service_name.clone();
    let what = if connection.revocable {
        format!(
            "Aura revokes its access at {service} and deletes the stored tokens. Your data at {service} stays as it is."
        )
    } else {
        format!(
            "Aura deletes the stored tokens. {service} offers no way to revoke access from here: remove Aura or its key in your settings there."
        )
    };
    let id = connection.id.to_string();
    let label = format!("Disconnect {}", connection.service_name);
    view! {
        <ConfirmDialog
            id=format!("disconnect-{id}")
            title=format!("{label}?")
            open="Disconnect"
            size=Size::Small
            cancel="Keep it"
            confirm=move || {
                view! {
                    <ActionForm action=disconnect>
                        <input type="hidden" name="connection" value=id/>
                        <Button look=Look::Danger busy=disconnect.pending()>{label}</Button>
                    </ActionForm>
                }
            }
        >
            <p>{what}</p>
        </ConfirmDialog>
    }
}
