use leptos::prelude::*;

use super::loaded::Loaded;
use crate::{
    admin::{api::overview, model::Overview},
    ui::{Badge, Panel, Row, Rows, Tone},
};

/// How many there are of what, and where to look.
#[component]
pub fn Summary() -> impl IntoView {
    let data = Resource::new_blocking(|| (), |()| overview());
    view! { <Loaded data=data children=shown/> }
}

fn shown(overview: Overview) -> impl IntoView {
    let trouble = [
        ("/admin/jobs", "Jobs that were given up", overview.jobs_given_up),
        ("/admin/jobs", "Mails that did not leave", overview.mails_failed),
        ("/admin/jobs", "Text messages that did not leave", overview.texts_failed),
        ("/admin/services", "Services that refuse this installation", overview.clients_refused),
        ("/admin/money", "Refunds and ends of plans that wait for Stripe", overview.money_waits),
        ("/admin/events?state=failed", "Events that could not be done", overview.events_failed),
    ];
    let here = [
        ("/admin/people", "People", overview.people),
        ("/admin/people", "Suspended", overview.suspended),
        ("/admin/people", "Operators", overview.admins),
        ("/admin/people", "Browsers and apps signed in", overview.sessions),
        ("/admin/invitations", "Open invitations", overview.invitations),
    ];
    view! {
        <div class="stack loose">
            <Panel title="Needs attention">
                <Rows>
                    {overview.models.into_iter().map(model).collect_view()}
                    {trouble.into_iter().map(|line| counted(line, true)).collect_view()}
                </Rows>
            </Panel>
            <Panel title="Here">
                <Rows>{here.into_iter().map(|line| counted(line, false)).collect_view()}</Rows>
            </Panel>
        </div>
    }
}

fn model(sentence: String) -> impl IntoView {
    view! {
        <Row title="The model" sub=sentence>
            <Badge tone=Tone::Warn>"Look ahead"</Badge>
        </Row>
    }
}

fn counted((href, label, count): (&'static str, &'static str, i64), trouble: bool) -> impl IntoView {
    let tone = match (trouble, count) {
        (false, _) => Tone::Neutral,
        (true, 0) => Tone::Ok,
        (true, _) => Tone::Warn,
    };
    view! {
        <Row title=label>
            <Badge tone=tone>{count}</Badge>
            <a class="button small" href=href aria-label=format!("Look at: {label}")>"Look"</a>
        </Row>
    }
}
