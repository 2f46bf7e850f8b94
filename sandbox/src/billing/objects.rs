//! Everything that Stripe keeps, by kind, in the order in which it was made. Clones share what neither changes.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The store.
#[derive(Debug, Clone, Default)]
pub struct Objects(BTreeMap<String, Vec<Arc<Value>>>);

impl Objects {
    /// Keeps a new object under its own `object` and `id`.
    pub fn insert(&mut self, object: Value) {
        let kind = object["object"].as_str().unwrap_or_default().to_owned();
        self.0.entry(kind).or_default().push(Arc::new(object));
    }

    /// One object.
    pub fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        self.0.get(kind)?.iter().rev().find(|one| one["id"] == id).map(AsRef::as_ref)
    }

    /// One object, to change it.
    pub fn get_mut(&mut self, kind: &str, id: &str) -> Option<&mut Value> {
        self.0.get_mut(kind)?.iter_mut().rev().find(|one| one["id"] == id).map(Arc::make_mut)
    }

    /// All of a kind, oldest first.
    pub fn all(&self, kind: &str) -> impl DoubleEndedIterator<Item = &Value> + Clone {
        self.0.get(kind).map(Vec::as_slice).unwrap_or_default().iter().map(AsRef::as_ref)
    }

    /// Those of a kind whose field has this text, oldest first.
    pub fn having<'a>(
        &'a self,
        kind: &str,
        field: &'a str,
        value: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a Value> + Clone {
        self.all(kind).filter(move |one| one[field] == value)
    }

    /// Takes an object away.
    pub fn remove(&mut self, kind: &str, id: &str) {
        if let Some(list) = self.0.get_mut(kind) {
            list.retain(|one| one["id"] != id);
        }
    }

    /// All as one JSON object of lists, by kind.
    pub fn dump(&self) -> Value {
        let lists = self
            .0
            .iter()
            .map(|(kind, list)| (kind.clone(), Value::Array(list.iter().map(|one| Value::clone(one)).collect())));
        Value::Object(lists.collect::<Map<_, _>>())
    }

    /// The kind of the object that an id names, by its prefix.
    pub fn kind_of(id: &str) -> Option<&'static str> {
        const PREFIXES: [(&str, &str); 20] = [
            ("sub_sched_", "subscription_schedule"),
            ("sub_", "subscription"),
            ("cus_", "customer"),
            ("in_", "invoice"),
            ("price_", "price"),
            ("prod_", "product"),
            ("pm_", "payment_method"),
            ("pi_", "payment_intent"),
            ("ch_", "charge"),
            ("cs_", "checkout.session"),
            ("promo_", "promotion_code"),
            ("coupon_", "coupon"),
            ("di_", "discount"),
            ("bpc_", "billing_portal.configuration"),
            ("bps_", "billing_portal.session"),
            ("re_", "refund"),
            ("dp_", "dispute"),
            ("evt_", "event"),
            ("we_", "webhook_endpoint"),
            ("inpay_", "invoice_payment"),
        ];
        PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, kind)| *kind)
    }
}
