use leptos::{
    ev::{KeyboardEvent, MouseEvent, SubmitEvent},
    prelude::*,
};

use super::{answer::STOP, desk::Desk};
use crate::{
    billing::view::counted,
    chat::{
        attaching::{AttachButton, NoScriptFiles, TrayList},
        browser,
        model::MessagesLeft,
    },
    ui::{Banner, Button, Icon, LinkButton, Look, Tone, escaped},
};

/// Where one writes. While an answer is being written, the button that sends is the one that stops.
#[component]
pub(in crate::chat) fn Composer(
    desk: Desk,
    accounts: u32,
    left: Option<MessagesLeft>,
    accepted: String,
) -> impl IntoView {
    // Effects run in the browser only, which alone keeps drafts.
    Effect::new(move |_| desk.take_up());
    Effect::new(move |_| desk.take_focus());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        desk.send_draft();
    };
    let press = move |event: KeyboardEvent| {
        if browser::sends(&event) {
            event.prevent_default();
            desk.send_draft();
        }
    };
    let stop = move |event: MouseEvent| {
        event.prevent_default();
        desk.stop();
    };
    let is_busy = move || desk.running.get().is_some() || desk.sending.get();
    let connected = match accounts {
        0 => "Connect a service".to_owned(),
        1 => "1 account".to_owned(),
        more => format!("{more} accounts"),
    };
    let written = desk.draft.get_untracked();
    view! {
        <div class="dock">
            {move || {
                desk.refused.get().map(|refused| view! { <Banner tone=Tone::Danger>{refused.message}</Banner> })
            }}
            <form
                class="composer"
                method="post"
                enctype="multipart/form-data"
                action="/api/chat"
                aria-busy=move || is_busy().then_some("true")
                on:submit=submit
                on:dragover=move |event| event.prevent_default()
                on:drop=move |event| desk.tray.take(event.into())
                on:paste=move |event| desk.tray.take(event.into())
            >
                <input type="hidden" name="conversation" value=move || desk.conversation.get()/>
                <input type="hidden" name="after" value=move || desk.after.get()/>
                <input type="hidden" name="key" value=move || desk.key.get()/>
                <label class="visually-hidden" for="message">"Message"</label>
                <textarea
                    id="message"
                    name="text"
                    rows="1"
                    placeholder="Ask about your services"
                    prop:value=desk.draft
                    on:input=move |event| desk.write(event_target_value(&event))
                    on:keydown=press
                    inner_html=escaped(&written)
                ></textarea>
                <TrayList tray=desk.tray/>
                <div class="bar">
                    <AttachButton tray=desk.tray accepted=accepted.clone()/>
                    <NoScriptFiles accepted=accepted/>
                    <LinkButton href="/connections" look=Look::Ghost>
                        <Icon name="plug"/>
                        {connected}
                    </LinkButton>
                    <Budget left=left/>
                    {move || match desk.running.get() {
                        Some(run) => view! {
                            <button
                                class="button primary square"
                                id=STOP
                                type="submit"
                                formaction=format!("/api/chat/runs/{run}/stop")
                                formnovalidate=true
                                aria-label="Stop answering"
                                on:click=stop
                            >
                                <Icon name="square"/>
                            </button>
                        }
                            .into_any(),
                        None => view! {
                            <Button look=Look::Primary square=true busy=desk.sending attr:aria-label="Send">
                                <Icon name="arrow-up"/>
                            </Button>
                        }
                            .into_any(),
                    }}
                </div>
            </form>
        </div>
    }
}

/// What is left of the month, in a gauge and in words, before anything is sent.
#[component]
fn Budget(left: Option<MessagesLeft>) -> impl IntoView {
    let Some(MessagesLeft { left, most, month }) = left else {
        return view! { <span class="budget"></span> }.into_any();
    };
    let share = u64::from(most - left.min(most)) * 100 / u64::from(most.max(1));
    view! {
        <a class="budget sub num" href="/billing">
            <svg class="gauge" viewBox="0 0 18 18" aria-hidden="true">
                <circle cx="9" cy="9" r="7"></circle>
                <circle class="value" cx="9" cy="9" r="7" pathLength="100" stroke-dasharray=format!("{share} 100")></circle>
            </svg>
            <span>
                {counted(left.into())}
                <span class="wide-only">{format!(" of {} messages", counted(most.into()))}</span>
                " left"
                <span class="wide-only">{format!(" in {month}")}</span>
            </span>
        </a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_of_messages_are_grouped() {
        let left = MessagesLeft { left: 12_000, most: 1_500_000, month: "November".into() };
        let html = Owner::new().with(|| view! { <Budget left=Some(left)/> }.to_html());
        assert!(html.contains("12,000") && html.contains(" of 1,500,000 messages"), "{html}");
    }
}
