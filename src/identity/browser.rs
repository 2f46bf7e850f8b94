//! What only the browser knows or does.

#[cfg(feature = "hydrate")]
pub use there::time_zone;

#[cfg(not(feature = "hydrate"))]
pub use nowhere::time_zone;

#[cfg(feature = "hydrate")]
mod there {
    use js_sys::{Array, Intl::DateTimeFormat, Object, Reflect};

    /// The IANA name of the zone that the browser is set to.
    pub fn time_zone() -> Option<String> {
        let options = DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
        Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
    }
}

#[cfg(not(feature = "hydrate"))]
mod nowhere {
    /// On the server there is no browser to ask.
    pub fn time_zone() -> Option<String> {
        None
    }
}
