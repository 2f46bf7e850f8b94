//! What only a browser has: the stream that all its tabs share, which `app/live.js` holds.

#[cfg(feature = "hydrate")]
pub use in_browser::{call, hear_changed, hear_named, hear_unread};
#[cfg(not(feature = "hydrate"))]
pub use on_server::{hear_changed, hear_named, hear_unread};

#[cfg(feature = "hydrate")]
mod in_browser {
    use leptos::prelude::window;
    use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
    use web_sys::js_sys::{Array, Function, Reflect};

    /// Calls a method of the shared stream; whether it is there.
    pub fn call(method: &str, arguments: &[&JsValue]) -> bool {
        let get = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
        let Some(live) = get(&window(), "auraLive").filter(JsValue::is_object) else { return false };
        let Some(Ok(function)) = get(&live, method).map(|found| found.dyn_into::<Function>()) else { return false };
        let arguments: Array = arguments.iter().copied().collect();
        function.apply(&live, &arguments).is_ok()
    }

    /// Hears each time that a conversation was named, as long as the document is open.
    pub fn hear_named(hear: impl Fn() + 'static) {
        let heard = Closure::<dyn Fn()>::new(hear);
        call("named", &[&heard.into_js_value()]);
    }

    /// Hears each proposal that stands otherwise than before, until the next page of the document hears them; none where
    /// it may be any.
    pub fn hear_changed(hear: impl Fn(Option<String>) + 'static) {
        let heard = Closure::<dyn Fn(JsValue)>::new(move |approval: JsValue| hear(approval.as_string()));
        call("changed", &[&heard.into_js_value()]);
    }

    /// Hears how many notifications are unread, now and from now on, as long as the document is open.
    pub fn hear_unread(hear: impl Fn(u32) + 'static) {
        let heard = Closure::<dyn Fn(JsValue)>::new(move |unread: JsValue| {
            if let Some(unread) = unread.as_f64() {
                // It comes from a whole number of the server's.
                hear(unread as u32);
            }
        });
        call("unread", &[&heard.into_js_value()]);
    }
}

#[cfg(not(feature = "hydrate"))]
mod on_server {
    /// On the server nothing is heard.
    pub fn hear_named(_hear: impl Fn() + 'static) {}

    /// On the server nothing is heard.
    pub fn hear_changed(_hear: impl Fn(Option<String>) + 'static) {}

    /// On the server nothing is heard.
    pub fn hear_unread(_hear: impl Fn(u32) + 'static) {}
}
