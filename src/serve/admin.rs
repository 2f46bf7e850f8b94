//! What whoever may run the program's commands can do about people: the first operator is made here.

use clap::Subcommand;

use super::{AppState, Site, StartError, prepare_database, say};
use crate::{
    error::AppError,
    identity::service::{IdentityError, operators::Operator},
    platform::{clock::Clock, config::Settings, db, random::Random},
};

/// `aura admin …`
#[derive(Subcommand)]
pub enum AdminCommand {
    /// Give somebody who has an account the role of an operator.
    Grant {
        /// The address they sign in with.
        email: String,
    },
    /// Take the role back.
    Revoke {
        /// The address they sign in with.
        email: String,
    },
    /// Invite an address to make an account.
    Invite {
        /// Where the invitation goes.
        email: String,
    },
}

/// Does it, and says what was done. The act is noted in the audit log, and the person is told by mail.
pub async fn admin(command: AdminCommand) -> Result<(), StartError> {
    let settings = Settings::from_environment()?;
    prepare_database(&settings).await?;
    let db = db::connect(&settings.database)
        .await
        .map_err(|error| StartError::new("the database (DATABASE_URL)", &error))?;
    let state = Box::pin(AppState::build(settings, Site::find()?, db, Clock::system(), Random::system())).await?;
    let done = act(&state, command).await;
    state.db.close().await;
    say(&done?)
}

async fn act(state: &AppState, command: AdminCommand) -> Result<String, StartError> {
    let identity = &state.identity;
    let refused = |email: &str, error| match error {
        IdentityError::NoSuchPerson => {
            StartError::Refused(format!("{email} has no account here; let them sign in once, then run this again"))
        }
        error => StartError::Refused(format!("{email}: {}", AppError::from(error))),
    };
    match command {
        AdminCommand::Grant { email } => match identity.set_operator(Operator::Command, &email, true).await {
            Ok(true) => Ok(format!("{email} operates this Aura now. They were signed out, and sign in anew.")),
            Ok(false) => Ok(format!("{email} operates this Aura already.")),
            Err(error) => Err(refused(&email, error)),
        },
        AdminCommand::Revoke { email } => match identity.set_operator(Operator::Command, &email, false).await {
            Ok(true) => Ok(format!("{email} no longer operates this Aura. They were signed out.")),
            Ok(false) => Ok(format!("{email} did not operate this Aura.")),
            Err(error) => Err(refused(&email, error)),
        },
        AdminCommand::Invite { email } => match identity.invite(Operator::Command, &email).await {
            Ok(()) => Ok(format!("The invitation to {email} is on its way. It works once, for 7 days.")),
            Err(error) => Err(refused(&email, error)),
        },
    }
}
