//! What operators are shown of teams and their money.

use std::collections::HashMap;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Act, Billing};
use crate::{
    billing::{
        BillingError,
        store::{
            acts::{self, PaymentRow},
            shown,
            system::desk::{self, BackRow},
        },
    },
    kit::{
        id::{BillingActId, TeamId, UserId},
        money::Money,
    },
};

/// How many lines a page has.
const MOST_LINES: i64 = 50;
const MOST_FOUND: i64 = 20;
const DASHBOARD: &str = "https://dashboard.stripe.com";

/// A team, as operators know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: TeamId,
    /// None: there is no such team any more.
    pub name: Option<String>,
    pub owner: Option<UserId>,
    /// The name of the plan that it has now.
    pub plan: String,
}

/// A refund or a dispute.
#[derive(Clone, Debug)]
pub struct Back {
    pub stripe_id: String,
    pub team: Known,
    pub is_dispute: bool,
    pub amount: Option<Money>,
    /// Stripe's word.
    pub status: String,
    pub reason: Option<String>,
    /// The number of the invoice.
    pub invoice: Option<String>,
    pub at: OffsetDateTime,
    /// Stripe's dashboard, where it is shown.
    pub page: Option<String>,
}

/// An invoice, and what of its payment can go back.
#[derive(Clone, Debug)]
pub struct Payment {
    pub invoice: String,
    pub number: Option<String>,
    /// Stripe's word.
    pub status: String,
    pub total: Money,
    pub refunded: Money,
    /// Zero where nothing can go back.
    pub left: Money,
    pub at: OffsetDateTime,
    pub page: Option<String>,
}

/// All about one team's money.
#[derive(Clone, Debug)]
pub struct Books {
    pub team: Known,
    /// Stripe's id of the subscription that can be ended, and until when it is paid.
    pub subscription: Option<(String, OffsetDateTime)>,
    pub payments: Vec<Payment>,
    /// What operators did, the newest first.
    pub acts: Vec<Act>,
    pub backs: Vec<Back>,
    /// For the forms of this page.
    pub act: BillingActId,
}

impl Billing {
    /// The newest refunds and disputes of all teams; from before one of them on, where it is named. One more is asked for
    /// than is shown, so the second says whether there are older ones.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn backs(&self, before: Option<&str>) -> Result<(Vec<Back>, bool), BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        let rows = desk::backs(&mut connection, None, before, MOST_LINES + 1).await?;
        let older = rows.len() > usize::try_from(MOST_LINES).unwrap_or(usize::MAX);
        let mut backs = self.told(&mut connection, rows).await?;
        backs.truncate(usize::try_from(MOST_LINES).unwrap_or(usize::MAX));
        Ok((backs, older))
    }

    /// The acts that Stripe has not answered yet.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn open_acts(&self) -> Result<Vec<Act>, BillingError> {
        let rows = desk::open_acts(&mut *self.parts.db.acquire().await?, MOST_LINES).await?;
        Ok(rows.into_iter().map(Act::from).collect())
    }

    /// How many those are.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn count_open_acts(&self) -> Result<i64, BillingError> {
        Ok(desk::count_open_acts(&mut *self.parts.db.acquire().await?).await?)
    }

    /// The teams that the number of an invoice, an id of Stripe's or their own id names.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn teams_about(&self, words: &str) -> Result<Vec<Known>, BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        let mut found = desk::teams_about(&mut connection, words.trim(), MOST_FOUND).await?;
        if let Ok(team) = words.trim().parse::<TeamId>()
            && !found.contains(&team)
            && self.parts.teams.facts(&mut connection, team).await?.is_some()
        {
            found.push(team);
        }
        let mut known = Vec::new();
        for team in found {
            known.push(self.known(&mut connection, team).await?);
        }
        Ok(known)
    }

    /// The teams of a person.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn teams_of(&self, user: UserId) -> Result<Vec<Known>, BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        let mut known = Vec::new();
        for team in self.parts.teams.teams_of(&mut connection, user).await? {
            known.push(self.known(&mut connection, team.id).await?);
        }
        Ok(known)
    }

    /// All about one team's money.
    ///
    /// # Errors
    /// When there never was such a team, or the database is away.
    pub async fn books(&self, team: TeamId) -> Result<Books, BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        let rows = acts::payments(&mut connection, team, None, MOST_LINES).await?;
        let known = self.known(&mut connection, team).await?;
        if known.name.is_none() && rows.is_empty() {
            return Err(BillingError::NotFound("team"));
        }
        let live = shown::live(&mut connection, team).await?.into_iter().next();
        let done = acts::of_team(&mut connection, team, MOST_LINES).await?;
        let backs = desk::backs(&mut connection, Some(team), None, MOST_LINES).await?;
        Ok(Books {
            team: known,
            subscription: live.map(|live| (live.stripe_subscription, live.period_end)),
            payments: rows.into_iter().filter_map(|row| self.payment(row)).collect(),
            acts: done.into_iter().map(Act::from).collect(),
            backs: self.told(&mut connection, backs).await?,
            act: self.parts.random.id(self.parts.clock.now()),
        })
    }

    async fn known(&self, connection: &mut PgConnection, team: TeamId) -> Result<Known, BillingError> {
        let facts = self.parts.teams.facts(connection, team).await?;
        let plan = self.entitlement(connection, team).await?.name;
        let owner = facts.as_ref().and_then(|facts| facts.owner);
        let name = facts.map(|facts| if facts.closed { format!("{} (closed)", facts.name) } else { facts.name });
        Ok(Known { id: team, name, owner, plan })
    }

    async fn told(&self, connection: &mut PgConnection, rows: Vec<BackRow>) -> Result<Vec<Back>, BillingError> {
        let mut teams: HashMap<TeamId, Known> = HashMap::new();
        let mut backs = Vec::new();
        for row in rows {
            let team = match teams.get(&row.team) {
                Some(known) => known.clone(),
                None => {
                    let known = self.known(connection, row.team).await?;
                    teams.insert(row.team, known.clone());
                    known
                }
            };
            let is_dispute = row.kind == "dispute";
            let page = match (&row.payment_intent, is_dispute) {
                (_, true) => self.dashboard("disputes", &row.stripe_id),
                (Some(payment), false) => self.dashboard("payments", payment),
                (None, false) => self.dashboard("refunds", &row.stripe_id),
            };
            backs.push(Back {
                stripe_id: row.stripe_id,
                team,
                is_dispute,
                amount: row.currency.parse().ok().map(|currency| Money::new(row.amount, currency)),
                status: row.status,
                reason: row.reason,
                invoice: row.number,
                at: row.created_at,
                page,
            });
        }
        Ok(backs)
    }

    fn payment(&self, row: PaymentRow) -> Option<Payment> {
        let currency = row.currency.parse().ok()?;
        let left = if row.payment_intent.is_some() { row.left } else { 0 };
        Some(Payment {
            page: self.dashboard("invoices", &row.stripe_invoice),
            invoice: row.stripe_invoice,
            number: row.number,
            status: row.status,
            total: Money::new(row.total, currency),
            refunded: Money::new(row.amount_refunded, currency),
            left: Money::new(left, currency),
            at: row.created_at,
        })
    }

    /// A page of Stripe's dashboard. Ids are Stripe's; what does not look like one leads nowhere.
    fn dashboard(&self, place: &str, id: &str) -> Option<String> {
        let stripe = self.parts.stripe.as_ref()?;
        let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let mode = if stripe.is_live() { "" } else { "/test" };
        plain.then(|| format!("{DASHBOARD}{mode}/{place}/{id}"))
    }
}
