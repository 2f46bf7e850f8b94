//! What Resend tells about mails afterwards (resend.com/docs/dashboard/webhooks/event-types).

use serde_json::Value;
use time::OffsetDateTime;

use super::{MailError, Mailer};
use crate::platform::{jobs::JobFailed, webhooks::Post};

/// The name of the sender, in the table of events and in the address of its posts.
pub const RESEND: &str = "resend";

/// Why mail to an address ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Bounced,
    Complained,
}

impl Reason {
    /// `None` for what is no reason: deliveries, delays, and bounces that may pass, such as a full mailbox.
    fn of(kind: &str, body: &Value) -> Option<Self> {
        match kind {
            "email.bounced" => {
                let permanent = body["data"]["bounce"]["type"].as_str().unwrap_or_default();
                permanent.eq_ignore_ascii_case("permanent").then_some(Self::Bounced)
            }
            "email.complained" => Some(Self::Complained),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }
}

impl Mailer {
    /// Takes one event in. It may come more than once and in any order.
    pub async fn hear(&self, post: Post) -> Result<(), JobFailed> {
        let Some(reason) = Reason::of(&post.kind, &post.body) else { return Ok(()) };
        let told: Vec<&str> = match &post.body["data"]["to"] {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            Value::String(one) => vec![one],
            _ => Vec::new(),
        };
        let service_id = post.body["data"]["email_id"].as_str().unwrap_or_default();
        let known = self.recipient_of(service_id).await?;
        // An event about several mailboxes does not say which of them it was.
        let email = known.as_deref().or(if let [one] = told[..] { Some(one) } else { None });
        if let Some(email) = email {
            self.suppress(email, reason, post.sent_at).await?;
            tracing::warn!(event = %post.id, reason = reason.as_str(), "an address gets no further mail");
        }
        Ok(())
    }

    async fn recipient_of(&self, service_id: &str) -> Result<Option<String>, MailError> {
        let recipient = sqlx::query_scalar!(
            r#"select recipient as "recipient: String" from mails where service_id = $1 limit 1"#,
            service_id,
        );
        Ok(recipient.fetch_optional(&self.db).await?)
    }

    /// A complaint outweighs a bounce, whichever comes first.
    async fn suppress(&self, email: &str, reason: Reason, at: OffsetDateTime) -> Result<(), MailError> {
        sqlx::query!(
            "insert into mail_suppressions (email, reason, created_at) values ($1, $2, $3)
             on conflict (email) do update set reason = excluded.reason where excluded.reason = 'complained'",
            email as &str,
            reason.as_str(),
            at,
        )
        .execute(&self.db)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_will_not_pass_is_a_reason() {
        let bounce = |kind: &str| json!({ "data": { "bounce": { "type": kind } } });
        assert_eq!(Reason::of("email.bounced", &bounce("Permanent")), Some(Reason::Bounced));
        assert_eq!(Reason::of("email.complained", &json!({})), Some(Reason::Complained));
        for (kind, body) in [
            ("email.bounced", bounce("Transient")),
            ("email.bounced", bounce("Undetermined")),
            ("email.bounced", json!({})),
            ("email.delivered", json!({})),
            ("email.delivery_delayed", bounce("Permanent")),
            ("contact.created", json!([])),
        ] {
            assert_eq!(Reason::of(kind, &body), None, "{kind} {body}");
        }
    }
}
