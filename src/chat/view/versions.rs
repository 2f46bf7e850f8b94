use leptos::{ev::SubmitEvent, prelude::*};

use super::desk::Desk;
use crate::{
    chat::{
        browser,
        model::{Answer, Asking, Feedback, Question, Versions},
    },
    kit::id::MessageId,
    ui::{Button, ConfirmDialog, Disclosure, Icon, Look, Size, escaped},
};

/// `‹ 2 / 3 ›`: the other versions of a message, and the way to be rid of this one. Nothing where it is the only one.
#[component]
pub(super) fn OtherVersions(
    /// What it is called: `question`, `answer`.
    what: &'static str,
    id: MessageId,
    versions: Versions,
    desk: Desk,
) -> impl IntoView {
    let Versions { at, of, before, after } = versions;
    if of < 2 {
        return ().into_any();
    }
    let button = move |onward: bool| format!("version-{id}-{}", if onward { "next" } else { "previous" });
    Effect::new(move |_| {
        if let Some((to, onward)) = desk.switched.get_untracked().filter(|(to, _)| *to == id) {
            desk.switched.set(None);
            // At the end the way on is closed, and the way back is not.
            let open = if onward { after.is_some() } else { before.is_none() };
            browser::focus(format!("version-{to}-{}", if open { "next" } else { "previous" }));
        }
    });
    let step = move |to: Option<MessageId>, name: String, icon: &'static str, onward: bool| {
        let is_end = to.is_none();
        view! {
            <ActionForm action=desk.acts.show>
                <input type="hidden" name="conversation" value=desk.conversation.get_untracked()/>
                <input type="hidden" name="version" value=to.map(|id| id.to_string()).unwrap_or_default()/>
                <Button
                    look=Look::Ghost
                    size=Size::Small
                    square=true
                    disabled=is_end
                    attr:id=button(onward)
                    attr:aria-label=name
                    on:click=move |_| desk.switched.set(to.map(|to| (to, onward)))
                >
                    <Icon name=icon/>
                </Button>
            </ActionForm>
        }
    };
    view! {
        <div class="versions" role="group" aria-label=format!("Versions of this {what}")>
            {step(before, format!("Previous version of this {what}"), "chevron-left", false)}
            <span class="num">{at}<span aria-hidden="true">" / "</span><span class="visually-hidden">" of "</span>{of}</span>
            {step(after, format!("Next version of this {what}"), "chevron-right", true)}
        </div>
        <ConfirmDialog
            id=format!("remove-{id}")
            title=format!("Remove this version of the {what}?")
            open="Remove version"
            look=Look::Ghost
            size=Size::Small
            confirm=move || view! {
                <ActionForm action=desk.acts.remove>
                    <input type="hidden" name="conversation" value=desk.conversation.get_untracked()/>
                    <input type="hidden" name="version" value=id.to_string()/>
                    <Button look=Look::Danger busy=desk.acts.remove.pending()>"Remove"</Button>
                </ActionForm>
            }
        >
            <p>"Everything that was said after it goes as well. The other versions stay."</p>
        </ConfirmDialog>
    }
    .into_any()
}

/// What can be done with a question: ask it in other words, and look at how it was asked before.
#[component]
pub(super) fn QuestionActs(question: Question, desk: Desk) -> impl IntoView {
    let Question { id, text, files, versions } = question;
    let along = match files.len() {
        0 => None,
        1 => Some("Its file comes along."),
        _ => Some("Its files come along."),
    };
    let field = format!("edit-{id}");
    let key = StoredValue::new(format!("beside-{id}-{}", desk.key.get_untracked()));
    let words = RwSignal::new(text.clone());
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        desk.ask(
            Asking { text: words.get_untracked(), key: key.get_value(), beside: id.to_string(), ..Asking::default() },
            false,
        );
    };
    view! {
        <div class="question-acts">
            <OtherVersions what="question" id=id versions=versions desk=desk/>
            <Disclosure summary="Edit">
                <form class="stack tight" method="post" action="/api/chat" on:submit=send>
                    <input type="hidden" name="conversation" value=desk.conversation.get_untracked()/>
                    <input type="hidden" name="key" value=key.get_value()/>
                    <input type="hidden" name="beside" value=id.to_string()/>
                    <label class="visually-hidden" for=field.clone()>"The question in other words"</label>
                    <textarea
                        class="input"
                        id=field.clone()
                        name="text"
                        rows="3"
                        prop:value=words
                        on:input=move |event| words.set(event_target_value(&event))
                        inner_html=escaped(&text)
                    ></textarea>
                    {along.map(|along| view! { <p class="sub">{along}</p> })}
                    <div class="actions end">
                        <Button busy=desk.sending>"Ask this instead"</Button>
                    </div>
                </form>
            </Disclosure>
        </div>
    }
}

/// What can be done with an answer that is over: ask for another one, look at earlier ones, and say what it was worth.
#[component]
pub(super) fn AnswerActs(answer: Answer, desk: Desk) -> impl IntoView {
    let Answer { id, versions, feedback, .. } = answer;
    view! {
        <div class="answer-acts actions">
            <OtherVersions what="answer" id=id versions=versions desk=desk/>
            <Again answer=id desk=desk label=""/>
            <Verdict answer=id feedback=feedback desk=desk/>
        </div>
    }
}

/// A form that asks for another answer. Without words on it the button is an icon.
#[component]
pub(super) fn Again(answer: MessageId, desk: Desk, label: &'static str) -> impl IntoView {
    let key = StoredValue::new(format!("again-{answer}-{}", desk.key.get_untracked()));
    let again = move |event: SubmitEvent| {
        event.prevent_default();
        desk.ask(Asking { key: key.get_value(), again: answer.to_string(), ..Asking::default() }, false);
    };
    let is_icon = label.is_empty();
    let button = if is_icon {
        view! {
            <Button look=Look::Ghost size=Size::Small square=true busy=desk.sending attr:aria-label="Answer again">
                <Icon name="refresh-cw"/>
            </Button>
        }
        .into_any()
    } else {
        view! { <Button busy=desk.sending><Icon name="rotate-ccw"/>{label}</Button> }.into_any()
    };
    view! {
        <form class=if is_icon { "" } else { "actions" } method="post" action="/api/chat" on:submit=again>
            <input type="hidden" name="conversation" value=desk.conversation.get_untracked()/>
            <input type="hidden" name="key" value=key.get_value()/>
            <input type="hidden" name="again" value=answer.to_string()/>
            {button}
        </form>
    }
}

/// Good or bad, and why. Pressing what is pressed takes it back.
#[component]
fn Verdict(answer: MessageId, feedback: Option<Feedback>, desk: Desk) -> impl IntoView {
    let given = feedback.as_ref().map(|feedback| feedback.good);
    let words = feedback.map(|feedback| feedback.words).unwrap_or_default();
    let kept = StoredValue::new(words.clone());
    let thumb = move |good: bool, name: &'static str, icon: &'static str| {
        let is_pressed = given == Some(good);
        let verdict = match (is_pressed, good) {
            (true, _) => "",
            (false, true) => "up",
            (false, false) => "down",
        };
        view! {
            <ActionForm action=desk.acts.judge>
                <input type="hidden" name="answer" value=answer.to_string()/>
                <input type="hidden" name="verdict" value=verdict/>
                <input type="hidden" name="words" value=kept.get_value()/>
                <Button
                    look=Look::Ghost
                    size=Size::Small
                    square=true
                    attr:aria-label=name
                    attr:aria-pressed=if is_pressed { "true" } else { "false" }
                >
                    <Icon name=icon/>
                </Button>
            </ActionForm>
        }
    };
    let field = format!("why-{answer}");
    view! {
        {thumb(true, "Good answer", "thumbs-up")}
        {thumb(false, "Bad answer", "thumbs-down")}
        {given
            .map(|good| {
                let summary = if words.is_empty() { "Say why" } else { "What you said" };
                view! {
                    <Disclosure summary=summary>
                        <ActionForm action=desk.acts.judge attr:class="stack tight">
                            <input type="hidden" name="answer" value=answer.to_string()/>
                            <input type="hidden" name="verdict" value=if good { "up" } else { "down" }/>
                            <label for=field.clone()>"What was good or bad about it"</label>
                            <textarea class="input" id=field.clone() name="words" rows="2" maxlength="2000" inner_html=escaped(&words)></textarea>
                            <div class="actions end">
                                <Button busy=desk.acts.judge.pending()>"Keep"</Button>
                            </div>
                        </ActionForm>
                    </Disclosure>
                }
            })}
    }
}
