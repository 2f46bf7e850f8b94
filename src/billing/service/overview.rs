//! What the pages show. Nothing is asked of Stripe for it, but the amount of a change that somebody asks for.

use sqlx::PgConnection;
use time::OffsetDateTime;
use url::Url;

use super::{Billing, checkout::Wanted};
use crate::{
    billing::{
        BillingError,
        model::{Entitlement, Period, Standing, UsedMonth},
        shown::{
            AdjustmentView, Card, CheckoutView, Choice, InvoiceState, InvoiceView, MoneyView, Overview, Seats,
            SubscriptionView, Unpaid,
        },
        store::{
            self,
            checkouts::CheckoutRow,
            shown::{AdjustmentRow, InvoiceRow, LiveRow},
        },
    },
    identity::{moment, session::Session},
    kit::{
        id::{TeamId, UserId},
        money::{Currency, Money},
        time::Timestamp,
    },
    team::{Facts, model::Role},
};

/// Ten years of months.
const MOST_INVOICES: i64 = 120;
const MOST_ADJUSTMENTS: i64 = 50;

/// Days in the words of whoever looks.
pub(super) struct Days<'a> {
    pub(super) now: OffsetDateTime,
    zone: &'a str,
}

impl Days<'_> {
    pub(super) fn day(&self, moment: OffsetDateTime) -> String {
        moment::day(moment, self.now, self.zone)
    }
}

impl Billing {
    /// The plan and the usage of the team that the person works for, and the money where they may see it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overview(&self, session: &Session) -> Result<Overview, BillingError> {
        let (team, facts, role) = self.chosen(session).await?;
        let mut connection = self.parts.db.acquire().await?;
        let entitlement = self.entitlement(&mut connection, team).await?;
        let usage = self.used_month(&mut connection, team).await?;
        let money = match role {
            Role::Member => None,
            role => Some(self.money(&mut connection, session, team, role == Role::Owner).await?),
        };
        let plan = self.parts.plans.get(&entitlement.plan);
        Ok(Overview {
            team,
            team_name: facts.name,
            personal: facts.personal,
            on: self.is_on(),
            per_seat: plan.is_some_and(|plan| plan.per_seat),
            until: until(entitlement.standing).map(|moment| self.days(session).day(moment)),
            standing: entitlement.standing,
            limits: entitlement.limits,
            seats: Seats {
                taken: u32::try_from(facts.members).unwrap_or(u32::MAX),
                room: u32::try_from(facts.seats).unwrap_or(1),
            },
            plan: entitlement.plan,
            name: entitlement.name,
            usage,
            money,
        })
    }

    /// The same for programs: the team, what it may, and what it has used of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state(&self, user: UserId) -> Result<(TeamId, Entitlement, UsedMonth), BillingError> {
        let mut tx = self.parts.db.begin().await?;
        let team = self.parts.teams.chosen(&mut tx, user, self.parts.clock.now()).await?;
        let entitlement = self.entitlement(&mut tx, team).await?;
        let usage = self.used_month(&mut tx, team).await?;
        tx.commit().await?;
        Ok((team, entitlement, usage))
    }

    /// The plans for the team that the person works for. A change of one that is paid is previewed at Stripe.
    ///
    /// # Errors
    /// When the database fails, or the change that is asked for cannot be made.
    pub async fn choice(
        &self,
        session: &Session,
        asked: Option<(String, Period, u32)>,
    ) -> Result<Choice, BillingError> {
        let (team, facts, role) = self.chosen(session).await?;
        let owner = role == Role::Owner;
        let offered = self.offered().await?;
        let mut connection = self.parts.db.acquire().await?;
        let live = store::shown::live(&mut connection, team).await?;
        let live = live.into_iter().find(|row| row.status != "incomplete");
        let entitlement = self.entitlement(&mut connection, team).await?;
        drop(connection);
        let change = match (asked, &live) {
            (Some((plan, period, seats)), Some(_)) if owner => {
                Some(self.preview_change(session, &Wanted { team, plan, period, seats }).await?)
            }
            _ => None,
        };
        Ok(Choice {
            team,
            team_name: facts.name,
            personal: facts.personal,
            on: self.is_on(),
            owner,
            members: u32::try_from(facts.members).unwrap_or(u32::MAX).max(1),
            plan: entitlement.plan,
            current: live.as_ref().and_then(|row| self.subscribed(row, &self.days(session))),
            plans: offered.into_iter().filter(|plan| plan.is_for(facts.personal)).collect(),
            trial: live.is_none() && owner && !self.trial_used(team, session.user).await?,
            change,
        })
    }

    /// Stripe's page of the attempt that the person's team has under way, and what is bought there.
    ///
    /// # Errors
    /// When none is, or somebody else owns the team.
    pub async fn departure(&self, session: &Session) -> Result<(Url, String), BillingError> {
        let (team, _, _) = self.chosen(session).await?;
        self.owned(session.user, team).await?;
        let open = store::checkouts::open(&mut *self.parts.db.acquire().await?, team).await?;
        let open =
            open.filter(|row| row.expires_at > self.parts.clock.now()).ok_or(BillingError::NotFound("payment"))?;
        let url = open.url.as_deref().and_then(|url| Url::parse(url).ok()).ok_or(BillingError::NotFound("payment"))?;
        Ok((self.stripe()?.address(&url), self.name_of(&open.plan)))
    }

    pub(super) async fn chosen(&self, session: &Session) -> Result<(TeamId, Facts, Role), BillingError> {
        let mut tx = self.parts.db.begin().await?;
        let team = self.parts.teams.chosen(&mut tx, session.user, self.parts.clock.now()).await?;
        let facts = self.parts.teams.facts(&mut tx, team).await?.ok_or(BillingError::NotFound("team"))?;
        let role = self.parts.teams.role_of(&mut tx, session.user, team).await?;
        tx.commit().await?;
        Ok((team, facts, role.ok_or(BillingError::NotFound("team"))?))
    }

    async fn money(
        &self,
        connection: &mut PgConnection,
        session: &Session,
        team: TeamId,
        owner: bool,
    ) -> Result<MoneyView, BillingError> {
        let days = self.days(session);
        let live = store::shown::live(connection, team).await?;
        let customer = store::customers::find(connection, team).await?;
        let unpaid = store::shown::unpaid(connection, team).await?;
        let invoices = store::shown::invoices(connection, team, MOST_INVOICES).await?;
        let adjustments = store::shown::adjustments(connection, team, MOST_ADJUSTMENTS).await?;
        let open = store::checkouts::open(connection, team).await?;
        let checkout = match open.filter(|row| row.url.is_some() && row.expires_at > days.now) {
            Some(open) => Some(open),
            None => store::checkouts::processing(connection, team).await?,
        };
        let view =
            |row: CheckoutRow| CheckoutView { name: self.name_of(&row.plan), processing: row.state == "processing" };
        Ok(MoneyView {
            owner,
            subscription: live.first().and_then(|row| self.subscribed(row, &days)),
            card: customer.as_ref().and_then(card),
            unpaid: unpaid.as_ref().and_then(|row| self.waiting_invoice(row, &days)),
            checkout: checkout.filter(|_| owner).map(view),
            invoices: invoices.iter().filter_map(|row| self.invoice(row, &days)).collect(),
            adjustments: adjustments.iter().filter_map(|row| adjustment(row, &days)).collect(),
            portal: owner && self.is_on() && customer.is_some_and(|row| row.stripe_customer.is_some()),
        })
    }

    pub(super) fn subscribed(&self, row: &LiveRow, days: &Days<'_>) -> Option<SubscriptionView> {
        let currency: Currency = row.currency.parse().ok()?;
        let period = Period::parse(&row.period)?;
        let seats = u32::try_from(row.seats).ok()?;
        let plan = self.parts.plans.get(&row.plan);
        Some(SubscriptionView {
            plan: row.plan.clone(),
            name: self.name_of(&row.plan),
            period,
            seats,
            per_seat: plan.is_some_and(|plan| plan.per_seat),
            unit: Money::new(row.unit_amount, currency),
            total: Money::new(row.unit_amount.checked_mul(seats.into())?, currency),
            incomplete: row.status == "incomplete",
            unpaid: matches!(row.status.as_str(), "unpaid" | "paused"),
            renews: days.day(row.period_end),
            ends: row.cancel_at.map(|moment| days.day(moment)),
            next: self.next(row, period, seats),
            next_seats: row.next_seats.and_then(|seats| u32::try_from(seats).ok()),
        })
    }

    /// «Pro by the month», «3 seats».
    fn next(&self, row: &LiveRow, period: Period, seats: u32) -> Option<String> {
        let plan = row.next_plan.as_deref().unwrap_or(&row.plan);
        let next_period = row.next_period.as_deref().and_then(Period::parse).unwrap_or(period);
        let next_seats = row.next_seats.and_then(|seats| u32::try_from(seats).ok()).unwrap_or(seats);
        if plan == row.plan && next_period == period && next_seats == seats {
            return None;
        }
        let mut words = format!("{} by the {}", self.name_of(plan), next_period.noun());
        if self.parts.plans.get(plan).is_some_and(|plan| plan.per_seat) {
            words.push_str(&format!(" with {next_seats} {}", if next_seats == 1 { "seat" } else { "seats" }));
        }
        Some(words)
    }

    fn waiting_invoice(&self, row: &InvoiceRow, days: &Days<'_>) -> Option<Unpaid> {
        Some(Unpaid {
            due: Money::new(row.amount_due, row.currency.parse().ok()?),
            from: days.day(row.created_at),
            next_try: row.next_attempt_at.map(|moment| days.day(moment)),
            pay: self.page_at(row.hosted_url.as_deref()),
        })
    }

    fn invoice(&self, row: &InvoiceRow, days: &Days<'_>) -> Option<InvoiceView> {
        let currency: Currency = row.currency.parse().ok()?;
        Some(InvoiceView {
            number: row.number.clone().unwrap_or_else(|| "Without a number".to_owned()),
            date: days.day(row.created_at),
            total: Money::new(row.total, currency),
            tax: Money::new(row.tax, currency),
            state: InvoiceState::of(&row.status, row.total, row.amount_refunded, row.attempts),
            page: self.page_at(row.hosted_url.as_deref()),
            pdf: self.page_at(row.pdf_url.as_deref()),
        })
    }

    fn page_at(&self, url: Option<&str>) -> Option<String> {
        url.map(|url| self.outside(url)).filter(|url| !url.is_empty())
    }

    fn name_of(&self, plan: &str) -> String {
        self.parts.plans.get(plan).map_or_else(|| plan.to_owned(), |plan| plan.name.clone())
    }

    pub(super) fn days<'a>(&self, session: &'a Session) -> Days<'a> {
        Days { now: self.parts.clock.now(), zone: &session.time_zone }
    }
}

fn card(row: &store::customers::CustomerRow) -> Option<Card> {
    let brand = match row.card_brand.as_deref()? {
        "amex" => "American Express".to_owned(),
        "mastercard" => "Mastercard".to_owned(),
        other => {
            let mut letters = other.chars().map(|c| if c == '_' { ' ' } else { c });
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    };
    let name = match row.card_last4.as_deref() {
        Some(last) => format!("{brand} ending {last}"),
        None => brand,
    };
    Some(Card { name, expires: row.card_expires.clone() })
}

fn adjustment(row: &AdjustmentRow, days: &Days<'_>) -> Option<AdjustmentView> {
    let what = if row.kind == "refund" { "Refund" } else { "Disputed payment" };
    Some(AdjustmentView {
        what: what.to_owned(),
        amount: Money::new(row.amount, row.currency.parse().ok()?),
        status: row.status.replace('_', " "),
        date: days.day(row.created_at),
    })
}

fn until(standing: Standing) -> Option<OffsetDateTime> {
    match standing {
        Standing::Free => None,
        Standing::Trial(until)
        | Standing::Active(until)
        | Standing::Ends(until)
        | Standing::PastDue(until)
        | Standing::Unclear(until) => moment_of(until),
    }
}

/// A moment as the server counts it.
pub fn moment_of(at: Timestamp) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000).ok()
}
