//! Subscription schedules: phases that follow one another by the clock.

use super::Stripe;
use super::calendar;
use super::listing::{self, Page};
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::shifts::Shift;
use super::subscriptions::{is_over, period};
use super::template::{self, data, id, int, text};
use serde_json::{Value, json};

/// What making one takes.
pub const SCHEDULE: [&str; 1] = ["from_subscription"];
/// What changing one takes.
pub const PHASES: [&str; 13] = [
    "end_behavior",
    "proration_behavior",
    "metadata.*",
    "phases.*.items.*.price",
    "phases.*.items.*.quantity",
    "phases.*.start_date",
    "phases.*.end_date",
    "phases.*.duration.interval",
    "phases.*.duration.interval_count",
    "phases.*.proration_behavior",
    "phases.*.metadata.*",
    "phases.*.discounts.*.coupon",
    "phases.*.discounts.*.promotion_code",
];
const BEHAVIORS: [&str; 3] = ["create_prorations", "always_invoice", "none"];

impl Stripe {
    pub(super) fn create_schedule(&mut self, params: &Params) -> Outcome {
        let of = params.needed("from_subscription")?;
        let subscription = self.need("subscription", of, "from_subscription")?;
        if is_over(&subscription) {
            return Err(Problem::rule("You cannot migrate a subscription that is canceled."));
        }
        if subscription["schedule"].is_string() {
            return Err(Problem::rule(format!(
                "You cannot migrate a subscription that is already attached to a schedule: `{}`.",
                text(&subscription, "schedule")
            )));
        }
        if subscription["cancel_at"].is_i64() {
            return Err(Problem::rule("You cannot migrate a subscription that is set to cancel."));
        }
        let (start, end) = period(&subscription);
        let mut phase = new_phase(&subscription, start, end);
        phase["items"] = data(&subscription, "items")
            .iter()
            .map(|item| new_phase_item(text(&item["price"], "id"), int(item, "quantity"), &item["price"]))
            .collect::<Vec<_>>()
            .into();
        let mut schedule = template::of("subscription_schedule");
        let schedule_id = id("sub_sched_");
        schedule["id"] = schedule_id.as_str().into();
        schedule["created"] = self.now().into();
        schedule["customer"] = subscription["customer"].clone();
        schedule["subscription"] = of.into();
        schedule["status"] = "active".into();
        schedule["current_phase"] = json!({ "start_date": start, "end_date": end });
        schedule["phases"] = json!([phase]);
        self.objects.insert(schedule.clone());
        self.emit("subscription_schedule.created", &schedule, None);
        self.change("subscription", of, Some("customer.subscription.updated"), |one| {
            one["schedule"] = schedule_id.into();
        });
        Ok(schedule)
    }

    pub(super) fn update_schedule(&mut self, id: &str, params: &Params) -> Outcome {
        let found = self.need("subscription_schedule", id, "id")?;
        if found["status"] != "active" {
            return Err(Problem::rule(format!(
                "You cannot update a subscription schedule that is currently in the `{}` status.",
                text(&found, "status")
            )));
        }
        let subscription = self.need("subscription", text(&found, "subscription"), "id")?;
        let end_behavior = params.one_of("end_behavior", &["release", "cancel"])?;
        params.one_of("proration_behavior", &BEHAVIORS)?;
        let phases = if params.has("phases") { Some(self.read_phases(&found, &subscription, params)?) } else { None };
        let current = phases.as_ref().and_then(|phases| {
            let now = self.now();
            let current = phases.iter().find(|phase| int(phase, "start_date") <= now && now < int(phase, "end_date"));
            current.map(|phase| json!({ "start_date": phase["start_date"], "end_date": phase["end_date"] }))
        });
        if phases.is_some() && current.is_none() {
            return Err(Problem::rule(
                "The subscription schedule update is missing at least one phase with a `start_date` to anchor end dates to: the current phase must be included.",
            ));
        }
        Ok(self.change("subscription_schedule", id, Some("subscription_schedule.updated"), |one| {
            if let Some(end) = end_behavior {
                one["end_behavior"] = end.into();
            }
            params.metadata("metadata", &mut one["metadata"]);
            if let (Some(phases), Some(current)) = (phases, current) {
                one["phases"] = phases.into();
                one["current_phase"] = current;
            }
        }))
    }

    fn read_phases(&self, schedule: &Value, subscription: &Value, params: &Params) -> Outcome<Vec<Value>> {
        let mut phases = Vec::new();
        let mut last_end = int(&schedule["current_phase"], "start_date");
        for (place, given) in params.list("phases").iter().enumerate() {
            let path = |field: &str| format!("phases[{place}][{field}]");
            let start =
                if given.word("start_date") == Some("now") { Some(self.now()) } else { given.int("start_date")? };
            let start = start.unwrap_or(last_end);
            if place > 0 && start != last_end {
                return Err(Problem::rule("The start date of a phase must be the end date of the phase before."));
            }
            let items = given.list("items");
            if items.is_empty() {
                return Err(Problem::required(&path("items")));
            }
            let mut rows = Vec::new();
            let mut lead = Value::Null;
            for item in &items {
                let price = self.price(item.needed("price")?, &path("items[0][price]"))?;
                rows.push(new_phase_item(text(&price, "id"), item.int("quantity")?.unwrap_or(1), &price));
                lead = price;
            }
            let end = match (given.int("end_date")?, given.word("duration.interval")) {
                (Some(_), Some(_)) => {
                    return Err(Problem::rule("You may only specify one of these parameters: end_date, duration."));
                }
                (Some(end), None) => end,
                (None, Some(interval)) => {
                    calendar::step(start, interval, given.int("duration.interval_count")?.unwrap_or(1))
                }
                // The last phase may go on for one period.
                (None, None) if place > 0 => calendar::step(
                    start,
                    text(&lead["recurring"], "interval"),
                    int(&lead["recurring"], "interval_count"),
                ),
                (None, None) => return Err(Problem::required(&path("end_date"))),
            };
            if end <= start {
                return Err(Problem::rule("The end date of a phase must be after its start date."));
            }
            let mut phase = new_phase(subscription, start, end);
            phase["items"] = rows.into();
            if let Some(behavior) = given.one_of("proration_behavior", &BEHAVIORS)? {
                phase["proration_behavior"] = behavior.into();
            }
            given.metadata("metadata", &mut phase["metadata"]);
            last_end = end;
            phases.push(phase);
        }
        Ok(phases)
    }

    pub(super) fn release_schedule(&mut self, id: &str) -> Outcome {
        let found = self.need("subscription_schedule", id, "id")?;
        if found["status"] != "active" && found["status"] != "not_started" {
            return Err(Problem::rule(format!(
                "You cannot release a subscription schedule that is currently in the `{}` status.",
                text(&found, "status")
            )));
        }
        self.end_schedule(id, "released");
        self.need("subscription_schedule", id, "id")
    }

    pub(super) fn cancel_schedule(&mut self, id: &str) -> Outcome {
        let found = self.need("subscription_schedule", id, "id")?;
        if found["status"] != "active" {
            return Err(Problem::rule("You cannot cancel a subscription schedule that is not active."));
        }
        // The subscription's end takes the schedule with it.
        self.end(text(&found, "subscription"), "cancellation_requested");
        self.need("subscription_schedule", id, "id")
    }

    /// Ends a schedule as `released`, `canceled` or `completed`; its subscription is its own again.
    pub(super) fn end_schedule(&mut self, id: &str, status: &str) {
        let now = self.now();
        let Some(found) = self.objects.get("subscription_schedule", id).cloned() else { return };
        let of = text(&found, "subscription").to_owned();
        let ended = self.change("subscription_schedule", id, None, |one| {
            one["status"] = status.into();
            one["current_phase"] = Value::Null;
            let field = match status {
                "released" => "released_at",
                "canceled" => "canceled_at",
                _ => "completed_at",
            };
            one[field] = now.into();
            if status == "released" {
                one["released_subscription"] = one["subscription"].take();
            }
        });
        self.emit(&format!("subscription_schedule.{status}"), &ended, Some(json!({ "status": found["status"] })));
        let event = if status == "canceled" { None } else { Some("customer.subscription.updated") };
        self.change("subscription", &of, event, |one| one["schedule"] = Value::Null);
    }

    /// The current phase is over: the next one begins, or the schedule ends.
    pub(super) fn next_phase(&mut self, id: &str) {
        let Some(found) = self.objects.get("subscription_schedule", id).cloned() else { return };
        let moment = int(&found["current_phase"], "end_date");
        let of = text(&found, "subscription").to_owned();
        let phases = found["phases"].as_array().cloned().unwrap_or_default();
        let Some(next) = phases.iter().find(|phase| int(phase, "start_date") == moment) else {
            if found["end_behavior"] == "cancel" {
                self.end_schedule(id, "completed");
                self.end(&of, "cancellation_requested");
            } else {
                self.end_schedule(id, "released");
            }
            return;
        };
        self.change("subscription_schedule", id, Some("subscription_schedule.updated"), |one| {
            one["current_phase"] = json!({ "start_date": next["start_date"], "end_date": next["end_date"] });
        });
        let Some(subscription) = self.objects.get("subscription", &of).cloned() else { return };
        let mut items = data(&subscription, "items").to_vec();
        let wanted = next["items"].as_array().cloned().unwrap_or_default();
        items.truncate(wanted.len());
        for (place, row) in wanted.iter().enumerate() {
            let price = self.objects.get("price", text(row, "price")).cloned().unwrap_or_default();
            let fresh = self.new_item(&of, &price, int(row, "quantity"), period(&subscription));
            match items.get_mut(place) {
                Some(item) => {
                    for field in ["price", "plan", "quantity"] {
                        item[field] = fresh[field].clone();
                    }
                }
                None => items.push(fresh),
            }
        }
        if moment >= period(&subscription).1 {
            // At the end of a period nothing is left to be prorated: the renewal that follows bills the new items.
            self.change("subscription", &of, Some("customer.subscription.updated"), |one| {
                one["items"]["data"] = items.into();
            });
        } else {
            let proration = text(next, "proration_behavior").to_owned();
            let shift = Shift { proration, moment, pay: true, behavior: "allow_incomplete".to_owned() };
            let _ = self.shift_items(&of, items, &shift);
        }
    }

    pub(super) fn schedules(&self, params: &Params) -> Outcome {
        let matches = |one: &Value| params.word("customer").is_none_or(|customer| one["customer"] == customer);
        let page = Page { kind: "subscription_schedule", url: "/v1/subscription_schedules" };
        listing::page(self.objects.all("subscription_schedule").rev(), matches, params, &page)
    }
}

fn new_phase(subscription: &Value, start: i64, end: i64) -> Value {
    let mut phase = template::of("phase");
    phase["start_date"] = start.into();
    phase["end_date"] = end.into();
    phase["currency"] = subscription["currency"].clone();
    phase
}

fn new_phase_item(id: &str, quantity: i64, price: &Value) -> Value {
    let mut item = template::of("phase_item");
    item["price"] = id.into();
    item["quantity"] = quantity.into();
    item["plan"] = super::catalogue::plan_of(price);
    item
}
