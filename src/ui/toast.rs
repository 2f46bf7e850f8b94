use super::{Icon, Tone};
use leptos::prelude::*;
use std::time::Duration;

const SHOWN_FOR: Duration = Duration::from_secs(8);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Toast {
    number: u32,
    tone: Tone,
    text: String,
}

/// The short notices of the signed-in app. `show` is called in the browser, after something was done.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
    held: RwSignal<bool>,
}

impl Toasts {
    /// Makes the notices of a page available below it; the shell calls this once.
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0), held: RwSignal::new(false) };
        provide_context(toasts);
        toasts
    }

    /// Shows a sentence for eight seconds, or longer while the pointer or the focus rests on it.
    pub fn show(self, tone: Tone, text: impl Into<String>) {
        let number = self.next.get_value();
        self.next.set_value(number.wrapping_add(1));
        let toast = Toast { number, tone, text: text.into() };
        self.shown.update(|shown| shown.push(toast));
        self.dismiss_later(number);
    }

    fn dismiss_later(self, number: u32) {
        set_timeout(
            move || match self.held.try_get_untracked() {
                Some(true) => self.dismiss_later(number),
                Some(false) => self.dismiss(number),
                None => {}
            },
            SHOWN_FOR,
        );
    }

    fn dismiss(self, number: u32) {
        let _gone_with_the_page = self.shown.try_update(|shown| shown.retain(|toast| toast.number != number));
    }
}

/// Where toasts appear. It is in the page from the start, so that a screen reader announces what comes into it.
#[component]
pub fn ToastShelf(toasts: Toasts) -> impl IntoView {
    view! {
        <div
            class="toasts"
            role="status"
            on:pointerenter=move |_| toasts.held.set(true)
            on:pointerleave=move |_| toasts.held.set(false)
            on:focusin=move |_| toasts.held.set(true)
            on:focusout=move |_| toasts.held.set(false)
        >
            <For each=move || toasts.shown.get() key=|toast| toast.number let:toast>
                <div class=format!("toast {}", toast.tone.class()).trim_end().to_owned()>
                    <Icon name=toast.tone.icon()/>
                    <span class="grow">{toast.text.clone()}</span>
                    <button
                        class="button ghost square small"
                        type="button"
                        aria-label="Dismiss"
                        on:click=move |_| {
                            toasts.held.set(false);
                            toasts.dismiss(toast.number);
                        }
                    >
                        <Icon name="x"/>
                    </button>
                </div>
            </For>
        </div>
    }
}
