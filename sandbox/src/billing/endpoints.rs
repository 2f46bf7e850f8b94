//! Webhook endpoints as objects. The one that counts is set under `/_sandbox/stripe/webhooks`; an endpoint made here on
//! this machine is posted to as well.

use super::listing::{self, Page};
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::template::{self, id};
use super::{Stripe, VERSION};
use serde_json::Value;

/// What making one takes.
pub const ENDPOINT: [&str; 6] = ["url", "enabled_events.*", "api_version", "description", "metadata.*", "disabled"];

impl Stripe {
    pub(super) fn create_endpoint(&mut self, params: &Params) -> Outcome {
        let url = params.needed("url")?;
        if !params.has("enabled_events") {
            return Err(Problem::required("enabled_events"));
        }
        let version = params.word("api_version");
        if version.is_some_and(|version| version != VERSION) {
            return Err(Problem::invalid(
                "parameter_invalid_string",
                format!("Invalid API version: only {VERSION} is played here"),
                "api_version",
            ));
        }
        let mut endpoint = template::of("webhook_endpoint");
        endpoint["id"] = id("we_").into();
        endpoint["created"] = self.now().into();
        endpoint["url"] = url.into();
        endpoint["api_version"] = version.into();
        endpoint["description"] = params.word("description").into();
        endpoint["enabled_events"] = params.words("enabled_events").into();
        params.metadata("metadata", &mut endpoint["metadata"]);
        if url.starts_with("http://") {
            self.target = Some(url.to_owned());
        }
        self.objects.insert(endpoint.clone());
        // Told once, at its making, as Stripe does.
        endpoint["secret"] = self.secret.as_str().into();
        Ok(endpoint)
    }

    pub(super) fn delete_endpoint(&mut self, id: &str) -> Outcome {
        self.need("webhook_endpoint", id, "id")?;
        self.objects.remove("webhook_endpoint", id);
        Ok(serde_json::json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
    }

    pub(super) fn endpoints(&self, params: &Params) -> Outcome {
        let all = self.objects.all("webhook_endpoint").rev();
        listing::page(all, |_: &Value| true, params, &Page { kind: "webhook_endpoint", url: "/v1/webhook_endpoints" })
    }
}
