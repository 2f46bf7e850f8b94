//! The plans as data: the table that is built in, or the installation's own.

use serde::Deserialize;
use thiserror::Error;

use super::model::{Audience, FREE, OfferedPlan, Period, PlanLimits};
use crate::kit::money::Money;

const BUILT_IN: &str = include_str!("plans.toml");

/// One plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Stands in the database and in addresses: small letters, digits, underscores.
    pub id: String,
    pub name: String,
    pub summary: String,
    pub audience: Audience,
    /// Whether its limits and its price are of one seat.
    #[serde(default)]
    pub per_seat: bool,
    #[serde(default)]
    pub trial_days: u32,
    /// The lookup key of its monthly price at Stripe.
    #[serde(default)]
    pub monthly: Option<String>,
    /// The lookup key of its yearly price.
    #[serde(default)]
    pub yearly: Option<String>,
    pub limits: PlanLimits,
}

impl Plan {
    /// The lookup key of its price.
    #[must_use]
    pub fn lookup_key(&self, period: Period) -> Option<&str> {
        match period {
            Period::Monthly => self.monthly.as_deref(),
            Period::Yearly => self.yearly.as_deref(),
        }
    }

    /// What so many seats allow.
    #[must_use]
    pub fn limits(&self, seats: u32) -> PlanLimits {
        if self.per_seat { self.limits.times(seats.max(1)) } else { self.limits }
    }

    /// As it is shown, with the prices that are known.
    #[must_use]
    pub fn offered(&self, price: impl Fn(&str) -> Option<Money>) -> OfferedPlan {
        OfferedPlan {
            id: self.id.clone(),
            name: self.name.clone(),
            summary: self.summary.clone(),
            audience: self.audience,
            per_seat: self.per_seat,
            trial_days: self.trial_days,
            limits: self.limits,
            monthly: self.monthly.as_deref().and_then(&price),
            yearly: self.yearly.as_deref().and_then(&price),
        }
    }
}

/// All plans, the cheapest first.
#[derive(Clone, Debug)]
pub struct Plans {
    plans: std::sync::Arc<[Plan]>,
    free: std::sync::Arc<Plan>,
}

/// Why a table of plans cannot be used.
#[derive(Debug, Error)]
pub enum PlansError {
    /// It is no TOML of the right shape.
    #[error("the plans cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// It contradicts itself.
    #[error("the plans cannot be used: {0}")]
    Wrong(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    plan: Vec<Plan>,
}

impl Plans {
    /// Those of the installation, or the ones that are built in.
    ///
    /// # Errors
    /// When the text is no table of plans, lacks the free one, or names one thing twice.
    pub fn read(own: Option<&str>) -> Result<Self, PlansError> {
        let Table { plan: plans } = toml::from_str(own.unwrap_or(BUILT_IN))?;
        let wrong = |text: String| Err(PlansError::Wrong(text));
        let mut keys = Vec::new();
        for plan in &plans {
            if plan.id.is_empty()
                || plan.id.len() > 40
                || !plan.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            {
                return wrong(format!("`{}` is no id: small letters, digits and underscores", plan.id));
            }
            if plans.iter().filter(|other| other.id == plan.id).count() > 1 {
                return wrong(format!("the plan `{}` stands there twice", plan.id));
            }
            keys.extend([&plan.monthly, &plan.yearly].into_iter().flatten());
            if plan.id == FREE && (plan.audience != Audience::Everyone || plan.per_seat || !keys.is_empty()) {
                return wrong("the plan `free` is for everyone, has no seats, no price, and stands first".into());
            }
            if plan.id != FREE && plan.audience == Audience::Everyone {
                return wrong(format!("the plan `{}` must be for a `person` or for a `team`", plan.id));
            }
        }
        keys.sort_unstable();
        if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
            return wrong(format!("two prices have the lookup key `{}`", twice[0]));
        }
        let Some(free) = plans.first().filter(|plan| plan.id == FREE).cloned() else {
            return wrong("the first plan must be `free`".into());
        };
        Ok(Self { plans: plans.into(), free: free.into() })
    }

    /// All of them, the cheapest first.
    pub fn iter(&self) -> impl Iterator<Item = &Plan> {
        self.plans.iter()
    }

    /// What everybody has who pays for nothing.
    #[must_use]
    pub fn free(&self) -> &Plan {
        &self.free
    }

    /// The plan of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id == id)
    }

    /// Where a plan stands among the others; more is better.
    #[must_use]
    pub fn rank(&self, id: &str) -> usize {
        self.plans.iter().position(|plan| plan.id == id).unwrap_or(0)
    }

    /// The plan and the period that a price belongs to.
    #[must_use]
    pub fn of_lookup_key(&self, key: &str) -> Option<(&Plan, Period)> {
        self.plans.iter().find_map(|plan| {
            [Period::Monthly, Period::Yearly]
                .into_iter()
                .find(|period| plan.lookup_key(*period) == Some(key))
                .map(|period| (plan, period))
        })
    }

    /// All lookup keys.
    #[must_use]
    pub fn lookup_keys(&self) -> Vec<&str> {
        self.plans.iter().flat_map(|plan| [plan.monthly.as_deref(), plan.yearly.as_deref()]).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plans_that_are_built_in_can_be_used() {
        let plans = Plans::read(None).expect("plans");
        assert_eq!(plans.free().limits.members, 3);
        assert_eq!(plans.of_lookup_key("aura_team_yearly").map(|(plan, _)| plan.id.as_str()), Some("team"));
        assert!(plans.of_lookup_key("aura_gold").is_none());
        let team = plans.get("team").expect("team");
        assert_eq!(team.limits(5).messages, 15_000);
        assert_eq!(team.limits(0).members, 1);
        assert_eq!(team.limits(5).connections, team.limits.connections);
        assert!(plans.rank("team") > plans.rank("pro") && plans.rank("pro") > plans.rank("free"));
    }

    #[test]
    fn a_table_that_contradicts_itself_is_refused() {
        let limits = "limits = { messages = 1, tokens = 1, connections = 1, members = 1 }";
        let free = format!("[[plan]]\nid = \"free\"\nname = \"\"\nsummary = \"\"\naudience = \"everyone\"\n{limits}\n");
        let plan = |id: &str, more: &str| {
            format!("[[plan]]\nid = \"{id}\"\nname = \"\"\nsummary = \"\"\naudience = \"person\"\n{more}\n{limits}\n")
        };
        assert!(Plans::read(Some(&free)).is_ok());
        for wrong in [
            String::new(),
            plan("pro", ""),
            format!("{}{free}", plan("pro", "")),
            format!("{free}{}", plan("Pro", "")),
            format!("{free}{}{}", plan("pro", ""), plan("pro", "")),
            format!("{free}{}{}", plan("a", "monthly = \"k\""), plan("b", "yearly = \"k\"")),
            format!("{free}{}", plan("pro", "color = \"red\"")),
            free.replace("everyone", "person"),
        ] {
            assert!(Plans::read(Some(&wrong)).is_err(), "{wrong}");
        }
    }
}
