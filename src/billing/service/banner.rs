//! What every page of the app says of the plan.

use time::Duration;

use super::{Billing, overview::moment_of};
use crate::{
    billing::{
        BillingError,
        model::{Entitlement, Standing},
        shown::PlanNotice,
        store,
    },
    identity::session::Session,
    kit::time::Timestamp,
    team::model::Role,
};

/// How long before an end it is spoken of.
const SOON: Duration = Duration::days(4);

impl Billing {
    /// What every page has to say of the plan; nothing where all is well, or the person can do nothing about it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice(&self, session: &Session) -> Result<Option<PlanNotice>, BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        let now = self.parts.clock.now();
        let team = self.parts.teams.chosen(&mut connection, session.user, now).await?;
        let Entitlement { name, standing, .. } = self.entitlement(&mut connection, team).await?;
        let owner = self.parts.teams.role_of(&mut connection, session.user, team).await? == Some(Role::Owner);
        let days = self.days(session);
        let told = |until: Timestamp| moment_of(until).map(|moment| days.day(moment)).unwrap_or_default();
        let soon = |until: Timestamp| moment_of(until).is_some_and(|moment| moment - now < SOON);
        let (trouble, text) = match standing {
            Standing::PastDue(until) => (
                true,
                format!(
                    "A payment for {name} failed. Everything keeps working until {}; after that the team moves to Free \
                     and nothing is deleted.",
                    told(until)
                ),
            ),
            Standing::Trial(until) if owner && soon(until) => {
                let live = store::shown::live(&mut connection, team).await?;
                let subscribed = live.first().and_then(|row| self.subscribed(row, &days));
                let then = subscribed.map(|paid| paid.after_trial(&told(until))).unwrap_or_default();
                (false, format!("The trial of {name} ends soon. {then}"))
            }
            Standing::Ends(until) if soon(until) => (
                false,
                format!("{name} ends on {}. After that the team moves to Free and nothing is deleted.", told(until)),
            ),
            _ => return Ok(None),
        };
        Ok(Some(PlanNotice { trouble, text, owner }))
    }
}
