//! A team that is gone pays nothing more.

use stripe_billing::subscription::CancelSubscription;

use super::Billing;
use crate::{
    billing::{BillingError, store::system, stripe::objects::Done},
    kit::id::TeamId,
};

impl Billing {
    /// Ends whatever a team pays for, at once. Its invoices stay.
    ///
    /// # Errors
    /// When Stripe or the database is away: then it is to be tried again.
    pub async fn close(&self, team: TeamId) -> Result<(), BillingError> {
        let Some(stripe) = &self.parts.stripe else { return Ok(()) };
        let mut connection = self.parts.db.acquire().await?;
        let customers = system::customers_of_team(&mut connection, team).await?;
        drop(connection);
        // Stripe may have one that no event has told of yet.
        for customer in &customers {
            self.sync_customer(customer).await?;
        }
        let live = system::live_of_team(&mut *self.parts.db.acquire().await?, team).await?;
        for subscription in &live {
            let request = CancelSubscription::new(subscription.clone()).invoice_now(false).prorate(false);
            let hour = self.parts.clock.now().unix_timestamp() / 3_600;
            match stripe.write::<Done>(&request, &format!("closed:{subscription}:{hour}")).await {
                Err(error) if !error.is_missing() => return Err(error.into()),
                _ => {}
            }
        }
        for customer in &customers {
            self.sync_customer(customer).await?;
        }
        Ok(())
    }
}
