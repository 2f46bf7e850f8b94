use leptos::prelude::*;

use super::loaded::Loaded;
use crate::{
    admin::{api::refused_clients, model::ClientLine},
    ui::{Badge, Panel, PanelBody, Row, Rows, Tone},
};

/// Services that do not accept this installation's client.
#[component]
pub fn Services() -> impl IntoView {
    let data = Resource::new_blocking(|| (), |()| refused_clients());
    view! { <Loaded data=data children=shown/> }
}

fn shown(lines: Vec<ClientLine>) -> impl IntoView {
    let none = lines.is_empty().then(|| {
        view! {
            <PanelBody>
                <p class="muted">
                    "None. Where a service does not accept this installation's client id or secret, it stands here until a renewal works again. Nobody who has connected it is told to sign in again."
                </p>
            </PanelBody>
        }
    });
    view! {
        <Panel title="Services that refuse this installation">
            {none} <Rows>{lines.into_iter().map(refused).collect_view()}</Rows>
        </Panel>
    }
}

fn refused(line: ClientLine) -> impl IntoView {
    let ClientLine { service, since, last_seen, connections, variables } = line;
    let waiting =
        if connections == 1 { "1 connection waits".to_owned() } else { format!("{connections} connections wait") };
    let what = format!(
        "Since {since}, last seen {last_seen}. {waiting}. Check {} and restart; they go on by themselves then.",
        variables.join(" and ")
    );
    view! {
        <Row title=service sub=what>
            <Badge tone=Tone::Danger>"Client refused"</Badge>
        </Row>
    }
}
