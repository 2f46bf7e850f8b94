//! `expand[]`: ids on the way of a path are replaced by their objects, up to four levels.

use super::Stripe;
use super::objects::Objects;
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::subscriptions::shown;
use super::template::{list, text};
use serde_json::Value;

impl Stripe {
    /// The answer as it is sent: expanded where that was asked for, and without what is shown only then.
    pub(super) fn expanded(&self, mut answer: Value, params: &Params) -> Outcome {
        let asked = params.words("expand");
        let with_options = asked.iter().any(|path| path.ends_with("currency_options"));
        if !with_options {
            hide_options(&mut answer);
        }
        for path in asked {
            let steps: Vec<&str> = path.split('.').collect();
            if steps.len() > 4 + usize::from(steps.first() == Some(&"data")) {
                return Err(Problem::rule("You cannot expand more than 4 levels of a property."));
            }
            if !self.expand(&mut answer, &steps) {
                return Err(Problem::invalid(
                    "parameter_invalid",
                    format!("This property cannot be expanded ({path}). You may want to try a different expansion."),
                    "expand",
                ));
            }
        }
        Ok(answer)
    }

    fn expand(&self, node: &mut Value, path: &[&str]) -> bool {
        let Some((name, rest)) = path.split_first() else { return true };
        match node {
            Value::Array(entries) => return entries.iter_mut().all(|entry| self.expand(entry, path)),
            Value::Object(_) => {}
            // Null is what it is: there is nothing to expand.
            _ => return node.is_null(),
        }
        let kind = text(node, "object").to_owned();
        if let Some(made) = self.included(&kind, name, text(node, "id"))
            && let Some(object) = node.as_object_mut()
        {
            object.insert((*name).to_owned(), made);
        }
        let Some(found) = node.get_mut(*name) else {
            return false;
        };
        self.resolve(found);
        self.expand(found, rest)
    }

    /// Puts objects in the place of ids; what is no id stays.
    fn resolve(&self, place: &mut Value) {
        match place {
            Value::String(id) => {
                let found = Objects::kind_of(id).and_then(|kind| self.objects.get(kind, id));
                if let Some(found) = found {
                    *place = if found["object"] == "price" { shown(found) } else { found.clone() };
                }
            }
            Value::Array(entries) => entries.iter_mut().for_each(|entry| self.resolve(entry)),
            _ => {}
        }
    }

    /// Lists that stand in an object only where they are asked for.
    fn included(&self, kind: &str, name: &str, id: &str) -> Option<Value> {
        match (kind, name) {
            ("invoice", "payments") => {
                let payments = self.objects.having("invoice_payment", "invoice", id).rev().cloned().collect();
                Some(list(&format!("/v1/invoice_payments?invoice={id}"), payments))
            }
            ("checkout.session", "line_items") => self.line_items(id).ok(),
            ("customer", "subscriptions") => {
                let live = self
                    .subscriptions(id)
                    .into_iter()
                    .filter(|one| !super::subscriptions::is_over(one))
                    .rev()
                    .collect();
                Some(list(&format!("/v1/customers/{id}/subscriptions"), live))
            }
            ("customer", "tax_ids") => Some(list(&format!("/v1/customers/{id}/tax_ids"), Vec::new())),
            _ => None,
        }
    }
}

fn hide_options(node: &mut Value) {
    match node {
        Value::Object(object) => {
            if object.get("object").is_some_and(|kind| kind == "price") {
                object.remove("currency_options");
            }
            object.values_mut().for_each(hide_options);
        }
        Value::Array(entries) => entries.iter_mut().for_each(hide_options),
        _ => {}
    }
}
