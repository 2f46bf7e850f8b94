//! What only a browser has: the event stream of a run, the keys of the composer.

#[cfg(feature = "hydrate")]
pub(super) use in_browser::{focus, follow, is_at_end, keep_draft, kept_draft, sends, show_end};
#[cfg(not(feature = "hydrate"))]
pub(super) use on_server::{focus, follow, is_at_end, keep_draft, kept_draft, sends, show_end};

#[cfg(feature = "hydrate")]
mod in_browser {
    use leptos::{ev::KeyboardEvent, prelude::*, serde_json};
    use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};

    use crate::{account::notifications::browser, chat::model::RunEvent, kit::id::RunId};

    /// Hears what a run logs after a number, until it is over or the page goes away; whether it can be heard. It comes by
    /// the stream that all tabs of the browser share.
    pub fn follow(run: RunId, after: i32, hear: impl Fn(RunEvent) + 'static) -> bool {
        let heard = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            if let Some(event) = event.as_string().and_then(|data| serde_json::from_str(&data).ok()) {
                hear(event);
            }
        });
        let id = JsValue::from_str(&run.to_string());
        let followed = browser::call("follow", &[&id, &after.into(), heard.as_ref()]);
        let kept = StoredValue::new_local((id, heard));
        on_cleanup(move || {
            kept.try_with_value(|(id, _)| browser::call("leave", &[id]));
        });
        followed
    }

    /// What was written under this name and not sent. Signing out removes it.
    pub fn kept_draft(name: &str) -> Option<String> {
        window().local_storage().ok()??.get_item(name).ok()?
    }

    /// Keeps what is being written; nothing, once it is sent. A browser that keeps nothing, or no more, does without.
    pub fn keep_draft(name: &str, text: &str) {
        if let Ok(Some(storage)) = window().local_storage() {
            let _ = if text.is_empty() { storage.remove_item(name) } else { storage.set_item(name, text) };
        }
    }

    /// Whether this key sends: Enter does, with Shift it begins a new line, and while a character is being composed
    /// it belongs to the keyboard.
    pub fn sends(event: &KeyboardEvent) -> bool {
        event.key() == "Enter" && !event.shift_key() && !event.is_composing()
    }

    /// Gives the focus to what has this id, once what was just changed is drawn.
    pub fn focus(id: String) {
        request_animation_frame(move || {
            let found = document().get_element_by_id(&id);
            if let Some(element) = found.and_then(|element| element.dyn_into::<leptos::web_sys::HtmlElement>().ok()) {
                let _is_not_focusable = element.focus();
            }
        });
    }

    /// Whether the reader sees the end of the page, give or take a few lines.
    pub fn is_at_end() -> bool {
        let height = document().document_element().map_or(0, |root| root.scroll_height());
        let reached =
            |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
        let window = window();
        let scrolled = window.scroll_y().unwrap_or(0.0);
        f64::from(height) - scrolled - reached(window.inner_height()) < 160.0
    }

    /// Shows the end of the page, once what was just changed is drawn.
    pub fn show_end() {
        request_animation_frame(|| {
            let height = document().document_element().map_or(0, |root| root.scroll_height());
            window().scroll_to_with_x_and_y(0.0, f64::from(height));
        });
    }
}

#[cfg(not(feature = "hydrate"))]
mod on_server {
    use leptos::ev::KeyboardEvent;

    use crate::{chat::model::RunEvent, kit::id::RunId};

    /// On the server nothing is followed.
    pub fn follow(_run: RunId, _after: i32, _hear: impl Fn(RunEvent) + 'static) -> bool {
        false
    }

    /// On the server nothing is kept.
    pub fn kept_draft(_name: &str) -> Option<String> {
        None
    }

    /// On the server nothing is kept.
    pub fn keep_draft(_name: &str, _text: &str) {}

    /// On the server no key is pressed.
    pub fn sends(_event: &KeyboardEvent) -> bool {
        false
    }

    /// On the server nothing has the focus.
    pub fn focus(_id: String) {}

    /// On the server nothing is scrolled.
    pub fn is_at_end() -> bool {
        false
    }

    /// On the server nothing is scrolled.
    pub fn show_end() {}
}
