//! The command line.

use std::process::ExitCode;

use aura::serve::{self, AdminCommand, KeysCommand, StartError};
use clap::{Parser, Subcommand};

/// An assistant over the services you already use.
#[derive(Parser)]
#[command(version)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site (the default).
    Serve,
    /// Bring the database up to date.
    Migrate,
    /// Print a new entry for AURA_KEYS; count what each key has sealed; seal everything with the newest.
    Keys {
        #[command(subcommand)]
        command: Option<KeysCommand>,
    },
    /// Tell which services are set up, and the addresses to register with each.
    Doctor,
    /// Make somebody an operator, or no longer; invite somebody.
    #[command(subcommand)]
    Admin(AdminCommand),
}

// Rendering a page waits within tasks; with one thread it could wait for itself.
#[tokio::main(worker_threads = 4)]
async fn main() -> ExitCode {
    serve::install_tls();
    let done = match Line::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => Box::pin(serve::serve()).await,
        Command::Migrate => serve::migrate().await,
        Command::Keys { command } => Box::pin(serve::keys(command.unwrap_or_default())).await,
        Command::Doctor => serve::doctor(),
        Command::Admin(command) => Box::pin(serve::admin(command)).await,
    };
    done.map_or_else(StartError::exit, |()| ExitCode::SUCCESS)
}
