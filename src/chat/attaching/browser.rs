//! What only a browser has: the files of an event, and the script that uploads them (`app/attach.js`).

#[cfg(feature = "hydrate")]
pub(super) use in_browser::{leave, take};
#[cfg(not(feature = "hydrate"))]
pub(super) use on_server::{leave, take};

/// What the script tells of a file.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Heard {
    /// Its number in this page.
    pub at: u32,
    /// With the first word of it.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub size: u64,
    /// How much of it is there, in hundredths.
    pub progress: Option<u8>,
    /// It is kept.
    pub file: Option<crate::chat::attached::Attached>,
    /// It was refused.
    pub error: Option<String>,
}

#[cfg(feature = "hydrate")]
mod in_browser {
    use leptos::{ev::Event, prelude::window, serde_json};
    use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
    use web_sys::js_sys::{Array, Function, Reflect};

    use super::Heard;

    /// Uploads the files of an event, no more than so many, and tells of each how it goes.
    pub fn take(event: Event, room: usize, hear: impl Fn(Heard) + 'static) {
        let heard = Closure::<dyn Fn(JsValue)>::new(move |told: JsValue| {
            if let Some(told) = told.as_string().and_then(|told| serde_json::from_str(&told).ok()) {
                hear(told);
            }
        });
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        // It is called for as long as the document is open.
        call("take", &[event.as_ref(), &room.into(), &heard.into_js_value()]);
    }

    /// Ends the upload of a file.
    pub fn leave(at: u32) {
        call("leave", &[&at.into()]);
    }

    fn call(method: &str, arguments: &[&JsValue]) {
        let get = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
        let Some(attach) = get(&window(), "auraAttach").filter(JsValue::is_object) else { return };
        if let Some(Ok(function)) = get(&attach, method).map(|found| found.dyn_into::<Function>()) {
            let arguments: Array = arguments.iter().copied().collect();
            let _is_told_by_the_script = function.apply(&attach, &arguments);
        }
    }
}

#[cfg(not(feature = "hydrate"))]
mod on_server {
    use super::Heard;

    /// On the server nothing is attached.
    pub fn take(_event: leptos::ev::Event, _room: usize, _hear: impl Fn(Heard) + 'static) {}

    /// On the server nothing is under way.
    pub fn leave(_at: u32) {}
}
