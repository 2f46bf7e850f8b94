//! The customer of a team at Stripe: made once, and known by our row alone. Nobody is ever looked up by an address.

use std::collections::HashMap;

use stripe_core::customer::{CreateCustomer, UpdateCustomer};

use super::Billing;
use crate::{
    billing::{
        BillingError, store,
        stripe::{Stripe, objects::Named},
    },
    kit::id::{TeamId, UserId},
    platform::crypto,
    team::Facts,
};

impl Billing {
    /// The team's customer, made where there is none. Callers at once get the same one: they ask with one key, and the
    /// first answer is kept.
    pub(super) async fn customer(&self, team: TeamId, facts: &Facts, owner: UserId) -> Result<String, BillingError> {
        let stripe = self.stripe()?;
        let mut connection = self.parts.db.acquire().await?;
        store::customers::begin(&mut connection, team, self.parts.clock.now()).await?;
        let row = store::customers::find(&mut connection, team).await?.ok_or(BillingError::NotFound("customer"))?;
        if let Some(customer) = row.stripe_customer {
            return Ok(customer);
        }
        drop(connection);
        // Only what never changes: the same key must go with the same request.
        let request = CreateCustomer::new().metadata(HashMap::from([("team_id".to_owned(), team.to_string())]));
        let made = stripe.write::<Named>(&request, &format!("customer:{team}:{}", row.attempt)).await;
        let mut connection = self.parts.db.acquire().await?;
        let made = match made {
            Ok(made) => made,
            Err(error) => {
                if error.is_kept() {
                    store::customers::try_anew(&mut connection, team, row.attempt).await?;
                }
                return Err(error.into());
            }
        };
        store::customers::made(&mut connection, team, &made.id).await?;
        let row = store::customers::find(&mut connection, team).await?;
        drop(connection);
        let customer = row.and_then(|row| row.stripe_customer).ok_or(BillingError::NotFound("customer"))?;
        self.name_customer(stripe, &customer, facts, owner).await;
        Ok(customer)
    }

    /// Tells Stripe what stands on invoices and where they go. Whoever pays can say otherwise at Stripe, so this is said
    /// once, and a failure only leaves the fields empty that Stripe then asks for.
    async fn name_customer(&self, stripe: &Stripe, customer: &str, facts: &Facts, owner: UserId) {
        let mailbox = self.parts.identity.email_of(owner).await.ok().flatten();
        let mut request = UpdateCustomer::new(customer).name(facts.name.clone());
        if let Some(mailbox) = &mailbox {
            request = request.email(mailbox.clone());
        }
        let said = format!("{}\n{}", facts.name, mailbox.unwrap_or_default());
        let digest = hex::encode(&crypto::digest(said.as_bytes())[..12]);
        if let Err(error) = stripe.write::<Named>(&request, &format!("customer-name:{customer}:{digest}")).await {
            tracing::warn!(%error, "a new customer has no name at Stripe");
        }
    }
}
