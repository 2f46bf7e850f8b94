use leptos::prelude::*;

use super::loaded::{Done, Loaded, Refused};
use crate::{
    admin::{
        api::{RunJobAgain, SendMailAgain, troubles},
        model::{JobLine, JobState, MailLine, TextLine, Troubles},
    },
    ui::{Badge, Button, Panel, PanelBody, Row, Rows, Size, Tone},
};

/// The two acts of this page; the lists are asked for anew after each.
#[derive(Clone, Copy)]
struct Acts {
    run: ServerAction<RunJobAgain>,
    send: ServerAction<SendMailAgain>,
}

/// Jobs, mails and text messages that did not work out.
#[component]
pub fn Jobs() -> impl IntoView {
    let acts = Acts { run: ServerAction::new(), send: ServerAction::new() };
    provide_context(acts);
    let data = Resource::new_blocking(move || (acts.run.version().get(), acts.send.version().get()), |_| troubles());
    view! {
        <Done/>
        <Refused action=acts.run/>
        <Refused action=acts.send/>
        <Loaded data=data children=shown/>
    }
}

fn shown(Troubles { jobs, mails, texts }: Troubles) -> impl IntoView {
    let (no_jobs, no_mails, no_texts) = (jobs.is_empty(), mails.is_empty(), texts.is_empty());
    view! {
        <div class="stack loose">
            <Panel title="Mails that did not leave">
                {no_mails.then(|| view! { <PanelBody><p class="muted">"None. A mail that cannot be sent is tried for about an hour, then it stands here."</p></PanelBody> })}
                <Rows>{mails.into_iter().map(|mail| view! { <FailedMail mail=mail/> }).collect_view()}</Rows>
            </Panel>
            <Panel title="Text messages that did not leave">
                {no_texts.then(|| view! { <PanelBody><p class="muted">"None. A text message is tried as long as its code works, then it stands here for a week."</p></PanelBody> })}
                <Rows>{texts.into_iter().map(failed_text).collect_view()}</Rows>
            </Panel>
            <Panel title="Jobs in trouble">
                {no_jobs.then(|| view! { <PanelBody><p class="muted">"None. A job that fails is tried eight times, with growing pauses."</p></PanelBody> })}
                <Rows>{jobs.into_iter().map(|job| view! { <TroubledJob job=job/> }).collect_view()}</Rows>
            </Panel>
        </div>
    }
}

#[component]
fn FailedMail(mail: MailLine) -> impl IntoView {
    let MailLine { id, recipient, template, problem, tries, created } = mail;
    let acts = expect_context::<Acts>();
    view! {
        <Row title=format!("{template} to {recipient}") sub=format!("{created}, {tries} tries. {problem}")>
            <ActionForm action=acts.send>
                <input type="hidden" name="id" value=id.to_string()/>
                <Button size=Size::Small attr:aria-label=format!("Send again: {template} to {recipient}")>"Send again"</Button>
            </ActionForm>
        </Row>
    }
}

/// Its code is of no use any more, so there is nothing to do but to see why.
fn failed_text(text: TextLine) -> impl IntoView {
    let TextLine { template, country, problem, tries, created } = text;
    view! { <Row title=format!("{template} to {country}") sub=format!("{created}, {tries} tries. {problem}")/> }
}

#[component]
fn TroubledJob(job: JobLine) -> impl IntoView {
    let JobLine { id, task, state, tries, most_tries, reason, created, due } = job;
    let acts = expect_context::<Acts>();
    let (tone, word, when) = match state {
        JobState::WillRetry => (Tone::Neutral, "Will be tried again", format!("due {due}")),
        JobState::GivenUp => (Tone::Danger, "Given up", format!("made {created}")),
        JobState::Stuck => (Tone::Warn, "Stuck", format!("made {created}")),
    };
    view! {
        <Row title=format!("{task}, job {id}") sub=format!("Try {tries} of {most_tries}, {when}. {reason}")>
            <Badge tone=tone>{word}</Badge>
            <ActionForm action=acts.run>
                <input type="hidden" name="id" value=id/>
                <Button size=Size::Small attr:aria-label=format!("Run again: {task}, job {id}")>"Run again"</Button>
            </ActionForm>
        </Row>
    }
}
