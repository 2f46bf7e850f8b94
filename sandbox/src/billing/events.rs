//! Events: what has happened, as Stripe tells it, and their list.

use super::listing::{self, Page};
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::template::{id, int, text};
use super::{Stripe, VERSION, template};
use serde_json::Value;

/// How long the list remembers an event.
const REMEMBERED: i64 = 30 * 86_400;

impl Stripe {
    /// Tells an event with the object as it is now, and with what was there before.
    pub(super) fn emit(&mut self, kind: &str, object: &Value, previous: Option<Value>) {
        let mut event = template::of("event");
        let id = id("evt_");
        event["id"] = id.as_str().into();
        event["type"] = kind.into();
        event["api_version"] = VERSION.into();
        event["created"] = self.now().into();
        event["data"]["object"] = object.clone();
        if let Some(previous) = previous {
            event["data"]["previous_attributes"] = previous;
        }
        event["pending_webhooks"] = 1.into();
        event["request"] = self.cause.clone();
        self.objects.insert(event);
        self.outbox.push(id);
    }

    pub(super) fn event(&self, id: &str) -> Outcome {
        let event = self.need("event", id, "id")?;
        if int(&event, "created") < self.now() - REMEMBERED {
            return Err(Problem::missing("event", id, "id"));
        }
        Ok(event)
    }

    pub(super) fn events(&self, params: &Params) -> Outcome {
        if params.has("type") && params.has("types") {
            return Err(Problem::rule("You may only specify one of these parameters: type, types."));
        }
        let mut types = params.words("types");
        types.extend(params.word("type"));
        let delivered = params.flag("delivery_success")?;
        let remembered =
            self.objects.all("event").rev().filter(|event| int(event, "created") >= self.now() - REMEMBERED);
        let wanted = |event: &Value| {
            let kind = text(event, "type");
            let named =
                |wanted: &&str| wanted.strip_suffix('*').map_or(*wanted == kind, |start| kind.starts_with(start));
            (types.is_empty() || types.iter().any(named))
                && delivered.is_none_or(|delivered| self.delivered.contains(text(event, "id")) == delivered)
        };
        listing::page(remembered, wanted, params, &Page { kind: "event", url: "/v1/events" })
    }
}
