//! Answers that the real Stripe might give one day: for tests of who reads them.

use super::Stripe;
use serde_json::Value;

impl Stripe {
    /// Writes these fields into an object as they are, and tells no event of it. Gives the object as it was.
    pub fn bend(&mut self, id: &str, fields: &Value) -> Option<Value> {
        let kind = super::objects::Objects::kind_of(id)?;
        let object = self.objects.get_mut(kind, id)?;
        let before = object.clone();
        if let (Some(object), Some(fields)) = (object.as_object_mut(), fields.as_object()) {
            object.extend(fields.clone());
        }
        Some(before)
    }
}
