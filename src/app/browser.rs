//! What only a browser has.

use leptos::prelude::{ReadSignal, signal};

/// Takes over the document that the server rendered. When the page's code has come, every handler is in place and the
/// first effects have run, the root element gets `data-hydrated`: tests and style sheets wait for it.
#[cfg(feature = "hydrate")]
pub fn take_over() {
    use leptos::{mount::hydrate_from_async, prelude::document, task};
    use wasm_bindgen::JsCast as _;

    wasm_bindgen_futures::spawn_local(async {
        let Some(body) = document().body() else { return };
        hydrate_from_async(body.unchecked_into(), super::App).await.forget();
        task::tick().await;
        if let Some(root) = document().document_element() {
            // It fails only for names that are no attribute names.
            let _always_a_name = root.set_attribute("data-hydrated", "true");
        }
    });
}

/// On the server there is nothing to take over.
#[cfg(not(feature = "hydrate"))]
pub fn take_over() {}

/// Where the answers of server functions lead to, in place of what the router makes of them: it takes every address for
/// one of its own.
#[cfg(feature = "hydrate")]
pub(super) fn redirects() -> ReadSignal<Option<String>> {
    use leptos::{
        prelude::{Set as _, request_animation_frame},
        server_fn::redirect::set_redirect_hook,
    };
    let (redirected, redirect) = signal(None);
    // Whoever sets it first has it; the router comes later. After a frame the act itself knows its outcome.
    let _set_once = set_redirect_hook(move |place: &str| {
        let place = place.to_owned();
        request_animation_frame(move || redirect.set(Some(place)));
    });
    redirected
}

/// On the server no answer arrives.
#[cfg(not(feature = "hydrate"))]
pub(super) fn redirects() -> ReadSignal<Option<String>> {
    signal(None).0
}

/// Loads a page of ours anew.
#[cfg(feature = "hydrate")]
pub(super) fn open(path: &str) {
    // It fails only for what is no address.
    let _always_an_address = leptos::prelude::window().location().set_href(path);
}

/// On the server no page is open.
#[cfg(not(feature = "hydrate"))]
pub(super) fn open(_path: &str) {}

#[cfg(feature = "hydrate")]
pub(super) use keyboard::{
    close, is_mac, keep_single_keys, open_at_the_front, pressed, reload, reveal, single_keys, toggle_sidebar,
};
#[cfg(not(feature = "hydrate"))]
pub(super) use no_keyboard::{
    close, is_mac, keep_single_keys, open_at_the_front, pressed, reload, reveal, single_keys, toggle_sidebar,
};

/// The keys, and the boxes that they open.
#[cfg(feature = "hydrate")]
mod keyboard {
    use leptos::{
        ev::KeyboardEvent,
        prelude::{document, request_animation_frame, window},
        web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlTextAreaElement},
    };
    use wasm_bindgen::JsCast as _;

    use crate::kit::keys::{Focus, Press};

    /// Under which name the browser keeps that single characters do nothing.
    const OFF: &str = "aura-single-keys-off";

    fn element<E: wasm_bindgen::JsCast>(id: &str) -> Option<E> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }

    /// Whether something fits a selector; one that the browser does not know fits nothing.
    fn is_there(selector: &str) -> bool {
        document().query_selector(selector).ok().flatten().is_some()
    }

    /// Whether the keyboard is one of a Mac, or of what is used like one.
    pub fn is_mac() -> bool {
        let platform = window().navigator().platform().unwrap_or_default();
        ["Mac", "iPhone", "iPad"].iter().any(|name| platform.starts_with(name))
    }

    /// Whether single characters do something.
    pub fn single_keys() -> bool {
        let storage = window().local_storage().ok().flatten();
        storage.and_then(|storage| storage.get_item(OFF).ok().flatten()).is_none()
    }

    /// Keeps whether they do. A browser that keeps nothing forgets it with the page.
    pub fn keep_single_keys(on: bool) {
        if let Ok(Some(storage)) = window().local_storage() {
            let _ = if on { storage.remove_item(OFF) } else { storage.set_item(OFF, "off") };
        }
    }

    /// What was pressed; nothing where the key belongs to somebody else: to whoever composes a character, to a box that is
    /// open in front of the page, to a part of the page that has used it, or to a finger that rests on it.
    pub fn pressed(event: &KeyboardEvent, is_mac: bool, single_keys: bool) -> Option<Press> {
        let taken = event.default_prevented() || event.is_composing() || event.repeat();
        let behind = is_there("dialog[open]:not(#palette)");
        // What is open in front closes by Escape.
        let closes = event.key() == "Escape" && (is_there("dialog[open]") || is_there(":popover-open"));
        if taken || behind || closes {
            return None;
        }
        Some(Press {
            key: event.key(),
            code: event.code(),
            control: event.ctrl_key(),
            meta: event.meta_key(),
            alt: event.alt_key(),
            shift: event.shift_key(),
            focus: focus(),
            is_mac,
            single_keys,
        })
    }

    fn focus() -> Focus {
        let Some(active) = document().active_element() else { return Focus::Elsewhere };
        let text = if let Some(area) = active.dyn_ref::<HtmlTextAreaElement>() {
            area.value()
        } else if let Some(input) = active.dyn_ref::<HtmlInputElement>() {
            if ["checkbox", "radio", "button", "submit", "reset", "file"].contains(&input.type_().as_str()) {
                return Focus::Elsewhere;
            }
            input.value()
        } else if active.tag_name().eq_ignore_ascii_case("select") || is_editable(&active) {
            return Focus::FieldWithText;
        } else {
            return Focus::Elsewhere;
        };
        if text.is_empty() { Focus::EmptyField } else { Focus::FieldWithText }
    }

    fn is_editable(element: &Element) -> bool {
        element.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable)
    }

    /// Opens a box in front of the page, once its content is drawn; when it closes, the browser gives the focus back.
    pub fn open_at_the_front(id: &'static str) {
        request_animation_frame(move || {
            if let Some(dialog) = element::<HtmlDialogElement>(id).filter(|dialog| !dialog.open()) {
                let _is_in_the_page = dialog.show_modal();
            }
        });
    }

    /// Closes it.
    pub fn close(id: &str) {
        if let Some(dialog) = element::<HtmlDialogElement>(id).filter(HtmlDialogElement::open) {
            dialog.close();
        }
    }

    /// Scrolls a list as far as its part is seen, once that is drawn.
    pub fn reveal(list: &'static str, part: String) {
        request_animation_frame(move || {
            let (Some(list), Some(part)) = (element::<HtmlElement>(list), element::<HtmlElement>(&part)) else {
                return;
            };
            let (top, bottom) = (part.offset_top(), part.offset_top() + part.offset_height());
            if top < list.scroll_top() {
                list.set_scroll_top(top);
            } else if bottom > list.scroll_top() + list.client_height() {
                list.set_scroll_top(bottom - list.client_height());
            }
        });
    }

    /// Shows the sidebar in front of the page, or takes it away, where it has no place of its own; whether that is so.
    pub fn toggle_sidebar() -> bool {
        let Some(sidebar) = element::<HtmlElement>("sidebar") else { return false };
        let is_beside = sidebar.offset_width() > 0 && !sidebar.matches(":popover-open").unwrap_or_default();
        !is_beside && sidebar.toggle_popover().is_ok()
    }

    /// Loads this page anew.
    pub fn reload() {
        let _always_there = window().location().reload();
    }
}

/// On the server nobody presses a key, and nothing stands in front of a page.
#[cfg(not(feature = "hydrate"))]
mod no_keyboard {
    use leptos::ev::KeyboardEvent;

    use crate::kit::keys::Press;

    pub fn is_mac() -> bool {
        false
    }

    pub fn single_keys() -> bool {
        true
    }

    pub fn keep_single_keys(_on: bool) {}

    pub fn pressed(_event: &KeyboardEvent, _is_mac: bool, _single_keys: bool) -> Option<Press> {
        None
    }

    pub fn open_at_the_front(_id: &'static str) {}

    pub fn close(_id: &str) {}

    pub fn reveal(_list: &'static str, _part: String) {}

    pub fn toggle_sidebar() -> bool {
        false
    }

    pub fn reload() {}
}
