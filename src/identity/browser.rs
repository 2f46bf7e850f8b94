//! What only the browser knows or does.

#[cfg(feature = "hydrate")]
pub use there::{ask_wallet, has_wallet, open, sign_with_wallet, time_zone};

#[cfg(not(feature = "hydrate"))]
pub use nowhere::{ask_wallet, has_wallet, open, sign_with_wallet, time_zone};

/// The account that a wallet shows, and the chain it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    pub address: String,
    pub chain: u64,
}

#[cfg(feature = "hydrate")]
mod there {
    use js_sys::{Array, Function, Intl::DateTimeFormat, Object, Promise, Reflect};
    use wasm_bindgen::{JsCast as _, JsValue};
    use wasm_bindgen_futures::JsFuture;

    use super::Wallet;
    use crate::error::{AppError, ErrorKind};

    /// The IANA name of the zone that the browser is set to.
    pub fn time_zone() -> Option<String> {
        let options = DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
        Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
    }

    /// Whether a wallet has put itself into this page (EIP-1193).
    pub fn has_wallet() -> bool {
        provider().is_some()
    }

    /// Asks the wallet for an account; its owner chooses one.
    pub async fn ask_wallet() -> Result<Wallet, AppError> {
        let accounts = request("eth_requestAccounts", &[]).await?;
        let address = Array::from(&accounts).get(0).as_string().ok_or_else(|| refused("no account"))?;
        let chain = request("eth_chainId", &[]).await?.as_string().unwrap_or_default();
        let chain = u64::from_str_radix(chain.trim_start_matches("0x"), 16).unwrap_or(1);
        Ok(Wallet { address, chain })
    }

    /// Asks the wallet to sign the text, which it shows to its owner.
    pub async fn sign_with_wallet(address: &str, text: &str) -> Result<String, AppError> {
        let bytes: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let signature = request("personal_sign", &[&format!("0x{bytes}"), address]).await?;
        signature.as_string().ok_or_else(|| refused("no signature"))
    }

    /// Loads a page of ours anew.
    pub fn open(path: &str) {
        // It fails only for what is no address.
        let _always_an_address = leptos::prelude::window().location().set_href(path);
    }

    fn provider() -> Option<JsValue> {
        let found = Reflect::get(&leptos::prelude::window(), &"ethereum".into()).ok()?;
        found.is_object().then_some(found)
    }

    async fn request(method: &str, parameters: &[&str]) -> Result<JsValue, AppError> {
        let provider = provider().ok_or_else(|| refused("no wallet"))?;
        let parameters: Array = parameters.iter().map(|parameter| JsValue::from_str(parameter)).collect();
        let call = Object::new();
        let set = |name: &str, value: &JsValue| Reflect::set(&call, &name.into(), value);
        let asked = set("method", &method.into())
            .and_then(|_| set("params", &parameters))
            .and_then(|_| Reflect::get(&provider, &"request".into()))
            .and_then(|function| function.dyn_into::<Function>())
            .and_then(|function| function.call1(&provider, &call))
            .map_err(|_| refused("no answer"))?;
        JsFuture::from(Promise::resolve(&asked)).await.map_err(|_| refused("declined"))
    }

    /// Wallets say no in many ways; for their owner it is always the same.
    fn refused(why: &str) -> AppError {
        AppError::new(
            ErrorKind::Forbidden,
            "wallet_refused",
            format!(
                "The wallet gave no signature ({why}), so nothing happened. Open it, choose an account, and try again."
            ),
        )
    }
}

#[cfg(not(feature = "hydrate"))]
mod nowhere {
    use super::Wallet;
    use crate::error::AppError;

    /// On the server there is no browser to ask.
    pub fn time_zone() -> Option<String> {
        None
    }

    /// On the server there is none.
    pub fn has_wallet() -> bool {
        false
    }

    /// On the server nobody can be asked.
    pub async fn ask_wallet() -> Result<Wallet, AppError> {
        Err(AppError::internal())
    }

    /// On the server nobody can sign.
    pub async fn sign_with_wallet(_address: &str, _text: &str) -> Result<String, AppError> {
        Err(AppError::internal())
    }

    /// On the server no page is open.
    pub fn open(_path: &str) {}
}
