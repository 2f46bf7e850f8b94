//! The customer of a team at Stripe.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::kit::id::TeamId;

/// What is known of a customer.
#[derive(Clone, Debug)]
pub struct CustomerRow {
    /// Absent while it is being made.
    pub stripe_customer: Option<String>,
    /// Under which key it is being made.
    pub attempt: i32,
    pub card_brand: Option<String>,
    pub card_last4: Option<String>,
    pub card_expires: Option<String>,
}

/// The customer of a team, unless Stripe has deleted it.
pub async fn find(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Option<CustomerRow>> {
    query_as!(
        CustomerRow,
        "select stripe_customer, attempt, card_brand, card_last4, card_expires
         from billing_customers where team_id = $1 and deleted_at is null",
        team as TeamId,
    )
    .fetch_optional(connection)
    .await
}

/// Begins to make one; where Stripe has deleted the former one, it is made anew.
pub async fn begin(connection: &mut PgConnection, team: TeamId, now: OffsetDateTime) -> sqlx::Result<()> {
    query!(
        "insert into billing_customers (team_id, created_at) values ($1, $2)
         on conflict (team_id) do update
             set stripe_customer = null, attempt = billing_customers.attempt + 1, currency = null, card_brand = null,
                 card_last4 = null, card_expires = null, created_at = excluded.created_at, synced_at = null,
                 deleted_at = null
             where billing_customers.deleted_at is not null",
        team as TeamId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down which one Stripe made. The first that is written stays.
pub async fn made(connection: &mut PgConnection, team: TeamId, customer: &str) -> sqlx::Result<()> {
    query!(
        "update billing_customers set stripe_customer = $2 where team_id = $1 and stripe_customer is null",
        team as TeamId,
        customer,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The next try is made under another key, for Stripe answers this one as it did.
pub async fn try_anew(connection: &mut PgConnection, team: TeamId, attempt: i32) -> sqlx::Result<()> {
    query!(
        "update billing_customers set attempt = attempt + 1
         where team_id = $1 and attempt = $2 and stripe_customer is null",
        team as TeamId,
        attempt,
    )
    .execute(connection)
    .await?;
    Ok(())
}
