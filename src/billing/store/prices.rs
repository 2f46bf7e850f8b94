//! The prices of the plans, as Stripe last named them. They belong to the installation.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

/// A price that can be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRow {
    pub lookup_key: String,
    pub stripe_price: String,
    pub currency: String,
    /// In minor units, of one seat where the plan has seats.
    pub amount: i64,
}

/// All of them.
pub async fn all(connection: &mut PgConnection) -> sqlx::Result<Vec<PriceRow>> {
    query_as!(PriceRow, "select lookup_key, stripe_price, currency, amount from billing_prices order by lookup_key",)
        .fetch_all(connection)
        .await
}

/// Whether they were all read after this moment.
pub async fn are_fresh(connection: &mut PgConnection, after: OffsetDateTime) -> sqlx::Result<bool> {
    let row = query!(r#"select coalesce(min(synced_at) > $1, false) as "fresh!" from billing_prices"#, after)
        .fetch_one(connection)
        .await?;
    Ok(row.fresh)
}

/// Puts these in the place of all that were known.
pub async fn replace(connection: &mut PgConnection, prices: &[PriceRow], now: OffsetDateTime) -> sqlx::Result<()> {
    // One at a time: two that read at once would leave a mixture.
    query!("lock table billing_prices in share row exclusive mode").execute(&mut *connection).await?;
    query!("delete from billing_prices").execute(&mut *connection).await?;
    for price in prices {
        query!(
            "insert into billing_prices (lookup_key, stripe_price, currency, amount, synced_at) values ($1, $2, $3, $4, $5)",
            price.lookup_key,
            price.stripe_price,
            price.currency,
            price.amount,
            now,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
