//! How a request to AWS proves who sends it: signature version 4, or a key of Bedrock's own.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;
use url::Url;

use crate::{inference::ModelError, platform::config::BedrockKeys};

/// Who asks.
#[derive(Clone)]
pub(super) enum Signer {
    Keys(BedrockKeys),
    Bearer(SecretString),
}

impl Signer {
    /// Adds the headers that prove it. `url` is the address as AWS knows it.
    pub(super) fn sign(
        &self,
        url: &Url,
        headers: &mut HeaderMap,
        body: &[u8],
        region: &str,
        now: OffsetDateTime,
    ) -> Result<(), ModelError> {
        match self {
            Self::Bearer(key) => {
                let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret()))
                    .map_err(|_| ModelError::Refused)?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
                Ok(())
            }
            Self::Keys(keys) => signed(keys, url, headers, body, region, now.into()).ok_or(ModelError::Refused),
        }
    }
}

fn signed(
    keys: &BedrockKeys,
    url: &Url,
    headers: &mut HeaderMap,
    body: &[u8],
    region: &str,
    now: SystemTime,
) -> Option<()> {
    let credentials = Credentials::new(&keys.id, keys.secret.expose_secret(), None, None, "settings");
    let identity = Identity::from(credentials);
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("bedrock")
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .ok()?;
    let said: Vec<(&str, &str)> =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let request = SignableRequest::new("POST", url.as_str(), said.into_iter(), SignableBody::Bytes(body)).ok()?;
    let (instructions, _) = sign(request, &parameters.into()).ok()?.into_parts();
    for (name, value) in instructions.into_parts().0.iter().map(|header| (header.name(), header.value())) {
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(name == "authorization");
        headers.insert(HeaderName::try_from(name).ok()?, value);
    }
    Some(())
}
