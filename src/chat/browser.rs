//! What only a browser has: the event stream of a run, the keys of the composer.

#[cfg(feature = "hydrate")]
pub(super) use in_browser::{
    copy_text_of, edit_question, focus, focus_now, focused_message, follow, holds_focus, is_at_end, is_near_end,
    is_near_start, keep_draft, keep_in_place, kept_draft, sends, show_end, show_end_first, turn_to, when_drawn,
};
#[cfg(not(feature = "hydrate"))]
pub(super) use on_server::{
    copy_text_of, edit_question, focus, focus_now, focused_message, follow, holds_focus, is_at_end, is_near_end,
    is_near_start, keep_draft, keep_in_place, kept_draft, sends, show_end, show_end_first, turn_to, when_drawn,
};

#[cfg(feature = "hydrate")]
mod in_browser {
    use leptos::web_sys::HtmlElement;
    use leptos::{ev::KeyboardEvent, prelude::*, serde_json};
    use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};

    use crate::{account::notifications::browser, chat::model::RunEvent, kit::id::RunId};

    /// How many pixels before an end of the page what lies beyond it is asked for.
    const NEAR: f64 = 800.0;

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

    /// Does this before the screen is drawn next.
    pub fn when_drawn(act: impl FnOnce() + 'static) {
        request_animation_frame(act);
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

    /// How many pixels of the page are below what is seen.
    fn below() -> f64 {
        let height = document().document_element().map_or(0, |root| root.scroll_height());
        let seen = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
        f64::from(height) - scrolled() - seen
    }

    fn scrolled() -> f64 {
        window().scroll_y().unwrap_or(0.0)
    }

    /// Whether the reader sees the end of the page, give or take a few lines.
    pub fn is_at_end() -> bool {
        below() < 160.0
    }

    /// Whether the reader is about to see the start of the page.
    pub fn is_near_start() -> bool {
        scrolled() < NEAR
    }

    /// Whether the reader is about to see the end of the page.
    pub fn is_near_end() -> bool {
        below() < NEAR
    }

    fn element(id: &str) -> Option<HtmlElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }

    fn top_of(id: &str) -> Option<f64> {
        element(id).map(|element| f64::from(element.offset_top()) - scrolled())
    }

    /// The message in the midst of what is seen.
    fn seen_message() -> Option<String> {
        let (width, height) = (window().inner_width().ok()?.as_f64()?, window().inner_height().ok()?.as_f64()?);
        // Single precision is enough for a pixel.
        let at = document().element_from_point((width * 0.6) as f32, (height * 0.4) as f32)?;
        Some(at.closest(".transcript > [id^='m-']").ok()??.id())
    }

    /// Changes what stands around what the reader sees, and leaves that where it is; where no message is seen, this part of
    /// the page. Browsers do so by themselves, but not at the very start of a page, and not all of them.
    pub fn keep_in_place(id: String, change: impl FnOnce()) {
        let id = seen_message().unwrap_or(id);
        let before = top_of(&id);
        change();
        request_animation_frame(move || {
            if let (Some(before), Some(after)) = (before, top_of(&id)) {
                window().scroll_by_with_x_and_y(0.0, after - before);
            }
        });
    }

    /// Whether this has the focus.
    pub fn holds_focus(id: &str) -> bool {
        document().active_element().is_some_and(|active| active.id() == id)
    }

    /// The name of the message in which the focus is.
    pub fn focused_message() -> Option<String> {
        let inside = document().active_element()?.closest(".transcript > [id^='m-']").ok()??;
        Some(inside.id())
    }

    /// Shows this part of the page, and goes on from there by keyboard. What is drawn on the way may move it, so it is
    /// shown twice.
    pub fn turn_to(id: String) {
        request_animation_frame(move || {
            let Some(part) = element(&id) else { return };
            part.scroll_into_view();
            request_animation_frame(move || {
                part.scroll_into_view();
                let _is_not_focusable = part.focus();
            });
        });
    }

    /// Shows the end of the page, unless the reader is in the midst of it, as after a reload.
    pub fn show_end_first() {
        if scrolled() == 0.0 {
            show_end();
            request_animation_frame(show_end);
        }
    }

    /// Gives the focus to what has this id; whether it is there.
    pub fn focus_now(id: &str) -> bool {
        element(id).is_some_and(|element| element.focus().is_ok())
    }

    /// Opens the field in which a question is put in other words; whether there is one.
    pub fn edit_question(field: &str) -> bool {
        let Some(field) = element(field) else { return false };
        let Ok(Some(details)) = field.closest("details") else { return false };
        details.set_attribute("open", "").is_ok() && field.focus().is_ok()
    }

    /// Copies the text of an answer, and calls back with whether that could be done; whether there is any text.
    pub fn copy_text_of(id: &str, done: impl FnOnce(bool) + 'static) -> bool {
        let text = element(id).and_then(|answer| answer.query_selector(".prose").ok().flatten());
        let text = text.and_then(|prose| prose.dyn_into::<HtmlElement>().ok()).map(|prose| prose.inner_text());
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return false };
        let copied = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move { done(wasm_bindgen_futures::JsFuture::from(copied).await.is_ok()) });
        true
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

    /// On the server nothing is drawn.
    pub fn when_drawn(_act: impl FnOnce() + 'static) {}

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

    /// On the server nothing is scrolled.
    pub fn show_end_first() {}

    /// On the server nothing is scrolled.
    pub fn is_near_start() -> bool {
        false
    }

    /// On the server nothing is scrolled.
    pub fn is_near_end() -> bool {
        false
    }

    /// On the server nothing is scrolled.
    pub fn keep_in_place(_id: String, _change: impl FnOnce()) {}

    /// On the server nothing is scrolled.
    pub fn turn_to(_id: String) {}

    /// On the server nothing has the focus.
    pub fn holds_focus(_id: &str) -> bool {
        false
    }

    /// On the server nothing has the focus.
    pub fn focused_message() -> Option<String> {
        None
    }

    /// On the server nothing has the focus.
    pub fn focus_now(_id: &str) -> bool {
        false
    }

    /// On the server nothing is opened.
    pub fn edit_question(_field: &str) -> bool {
        false
    }

    /// On the server nothing is copied.
    pub fn copy_text_of(_id: &str, _done: impl FnOnce(bool) + 'static) -> bool {
        false
    }
}
