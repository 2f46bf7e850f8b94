//! The request of an operator, between a server function and the service.

use std::str::FromStr;

use leptos::prelude::use_context;

use super::Admin;
use crate::{
    billing::{EndWanted, RefundWanted},
    error::AppError,
    identity::{
        model::Role,
        service::operators::Operator,
        session::{self, Session},
    },
    platform::web,
};

/// An operator at work.
pub struct Desk {
    pub admin: Admin,
    /// In whose name an act is noted.
    pub by: Operator,
}

impl Desk {
    /// For looking.
    ///
    /// # Errors
    /// For everybody but operators there is nothing here.
    pub fn look() -> Result<Self, AppError> {
        Self::of(&session::require()?)
    }

    /// For acting: the operator has lately proved who they are.
    ///
    /// # Errors
    /// For everybody but operators there is nothing here; `prove_first` when the proof is too old.
    pub fn act() -> Result<Self, AppError> {
        let session = session::require()?;
        let desk = Self::of(&session)?;
        session::require_recent(&session, desk.admin.now())?;
        Ok(desk)
    }

    fn of(session: &Session) -> Result<Self, AppError> {
        if session.role != Role::Admin {
            return Err(AppError::not_found("page"));
        }
        let admin = use_context::<Admin>().ok_or_else(AppError::internal)?;
        Ok(Self { admin, by: Operator::Person(session.user) })
    }
}

/// Reads an id; only after it is known that an operator asks.
///
/// # Errors
/// What has no such id does not exist.
pub fn id<T: FromStr>(text: &str, what: &str) -> Result<T, AppError> {
    text.parse().map_err(|_| AppError::not_found(what))
}

/// Leads to where the act shows, with a word for the notice there.
pub fn shown(path: &str, done: &str) {
    web::redirect(&format!("{path}?done={done}"));
}

/// Reads the form of a refund.
///
/// # Errors
/// When it names no payment that could be; what was left has to be a number, for it is what the operator saw.
pub fn refund_wanted(
    id: &str,
    team: &str,
    invoice: String,
    amount: String,
    left: &str,
    because: String,
) -> Result<RefundWanted, AppError> {
    let left = left.parse().map_err(|_| AppError::not_found("payment"))?;
    Ok(RefundWanted { id: self::id(id, "payment")?, team: self::id(team, "team")?, invoice, amount, left, because })
}

/// Reads the form that ends a plan.
///
/// # Errors
/// When it names no team that could be.
pub fn end_wanted(id: &str, team: &str, subscription: String, because: String) -> Result<EndWanted, AppError> {
    Ok(EndWanted { id: self::id(id, "plan")?, team: self::id(team, "team")?, subscription, because })
}
