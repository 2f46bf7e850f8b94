use leptos::{either::Either, prelude::*};

use super::{
    loaded::{Done, Loaded, Refused},
    money::team_row,
};
use crate::{
    admin::{
        api::{EndSessions, Restore, Suspend, person},
        model::{BrowserLine, LogLine, PersonLine, PersonView, StatusLine},
    },
    ui::{Badge, Banner, Button, ConfirmDialog, Field, Look, Panel, PanelBody, Row, Rows, TextInput, Tone},
};

/// What an operator can do about a person; the page is asked for anew after each.
#[derive(Clone, Copy)]
struct Acts {
    suspend: ServerAction<Suspend>,
    restore: ServerAction<Restore>,
    end: ServerAction<EndSessions>,
}

/// One person, by the id in the address.
#[component]
pub fn PersonPage(id: String) -> impl IntoView {
    let acts = Acts { suspend: ServerAction::new(), restore: ServerAction::new(), end: ServerAction::new() };
    provide_context(acts);
    let done = move || (acts.suspend.version().get(), acts.restore.version().get(), acts.end.version().get());
    let data = Resource::new_blocking(done, move |_| person(id.clone()));
    view! {
        <Done/>
        <Refused action=acts.suspend/>
        <Refused action=acts.restore/>
        <Refused action=acts.end/>
        <Loaded data=data children=shown/>
    }
}

fn shown(view: PersonView) -> impl IntoView {
    let PersonView { person, is_viewer, ways, browsers, teams, statuses, log } = view;
    let signed_in = !browsers.is_empty();
    let acts = (!is_viewer).then(|| view! { <What person=person.clone() signed_in=signed_in/> });
    view! {
        <div class="stack loose">
            <Who person=person ways=ways/>
            {acts}
            <Browsers browsers=browsers/>
            <Panel title="Teams and their money"><Rows>{teams.into_iter().map(team_row).collect_view()}</Rows></Panel>
            <Statuses statuses=statuses/>
            <Log log=log/>
        </div>
    }
}

#[component]
fn Who(person: PersonLine, ways: Vec<String>) -> impl IntoView {
    let PersonLine { id, display_name, email, handle, is_admin, suspended, created, last_signed_in } = person;
    let ways = if ways.is_empty() { "none".to_owned() } else { ways.join(", ") };
    let lines = [
        ("Id", id.to_string()),
        ("Address", email.unwrap_or_else(|| "none".to_owned())),
        ("Handle", handle.map_or_else(|| "none".to_owned(), |handle| format!("@{handle}"))),
        ("Accounts elsewhere", ways),
        ("Here since", created),
        ("Last signed in", last_signed_in.unwrap_or_else(|| "never".to_owned())),
    ];
    view! {
        <Panel
            title=display_name
            actions=move || is_admin.then(|| view! { <Badge tone=Tone::Accent>"Operator"</Badge> })
        >
            {suspended.map(|suspended| {
                let words = format!("Suspended on {}: {}", suspended.at, suspended.because);
                view! { <PanelBody><Banner tone=Tone::Danger>{words}</Banner></PanelBody> }
            })}
            <Rows>
                {lines.into_iter().map(|(label, value)| view! { <Row title=label sub=value/> }).collect_view()}
            </Rows>
        </Panel>
    }
}

#[component]
fn What(person: PersonLine, signed_in: bool) -> impl IntoView {
    let acts = expect_context::<Acts>();
    let id = person.id.to_string();
    let end = id.clone();
    let act = if person.suspended.is_some() {
        Either::Left(view! {
            <ActionForm action=acts.restore attr:class="stack">
                <input type="hidden" name="id" value=id/>
                <p class="muted">"The person can sign in again, and is told by mail. Sessions that ended stay ended."</p>
                <div class="actions"><Button look=Look::Primary busy=acts.restore.pending()>"Restore the account"</Button></div>
            </ActionForm>
        })
    } else {
        Either::Right(view! {
            <ActionForm action=acts.suspend attr:class="stack">
                <input type="hidden" name="id" value=id/>
                <Field id="reason" label="Why" hint="Operators read it; the person is told that the account is suspended.">
                    <TextInput name="reason" required=true attr:maxlength="300"/>
                </Field>
                <div class="actions"><Button look=Look::Danger busy=acts.suspend.pending()>"Suspend the account"</Button></div>
            </ActionForm>
        })
    };
    view! {
        <Panel title="What you can do">
            <PanelBody>
                {act}
                {signed_in.then(|| view! {
                    <ConfirmDialog
                        id="end-sessions"
                        title="Sign this person out everywhere?"
                        open="Sign out everywhere"
                        confirm=move || view! {
                            <ActionForm action=acts.end>
                                <input type="hidden" name="id" value=end/>
                                <Button look=Look::Danger>"Sign out"</Button>
                            </ActionForm>
                        }
                    >
                        <p>"Every browser of theirs is signed out at its next request, and they are told by mail. They can sign in again."</p>
                    </ConfirmDialog>
                })}
            </PanelBody>
        </Panel>
    }
}

#[component]
fn Browsers(browsers: Vec<BrowserLine>) -> impl IntoView {
    let none = browsers.is_empty();
    view! {
        <Panel title="Browsers and apps signed in">
            {none.then(|| view! { <PanelBody><p class="muted">"None."</p></PanelBody> })}
            <Rows>
                {browsers
                    .into_iter()
                    .map(|browser| {
                        let BrowserLine { name, app, method, last_used } = browser;
                        let app = app.map(|app| format!("{app}, ")).unwrap_or_default();
                        view! { <Row title=name sub=format!("{app}by {method}, last used {last_used}")/> }
                    })
                    .collect_view()}
            </Rows>
        </Panel>
    }
}

#[component]
fn Statuses(statuses: Vec<StatusLine>) -> impl IntoView {
    (!statuses.is_empty()).then(|| view! {
        <Panel title="Closed off and opened again">
            <Rows>
                {statuses
                    .into_iter()
                    .map(|line| {
                        let why = if line.because.is_empty() { String::new() } else { format!(": {}", line.because) };
                        view! { <Row title=format!("{}{why}", line.status) sub=format!("{}, by {}", line.at, line.by)/> }
                    })
                    .collect_view()}
            </Rows>
        </Panel>
    })
}

#[component]
fn Log(log: Vec<LogLine>) -> impl IntoView {
    view! {
        <Panel title="What happened to the account">
            <Rows>
                {log
                    .into_iter()
                    .map(|line| {
                        let actor = line.actor.map(|actor| format!(", by {actor}")).unwrap_or_default();
                        view! { <Row title=line.kind.replace('_', " ") sub=format!("{}{actor}", line.at)/> }
                    })
                    .collect_view()}
            </Rows>
        </Panel>
    }
}
