//! The one place that knows all features: it builds them in their order, merges their routes, runs what happens in the
//! background, and ends everything in turn. The commands of the program are here as well.

mod admin;
mod background;
mod both;
mod contract;
pub mod doctor;
mod error;
mod events;
mod files;
mod keys;
mod pages;
mod programs;
mod reference;
mod router;
mod state;

use std::{io::Write as _, net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, signal, sync::watch};

pub use self::{
    admin::{AdminCommand, admin},
    background::jobs,
    error::StartError,
    files::Site,
    keys::{KeysCommand, keys, sealed},
    router::{contract, router, routes},
    state::AppState,
};
use crate::platform::{clock::Clock, config::Settings, db, random::Random, telemetry};

/// How long requests may take to finish once the server is told to end.
const GRACE: Duration = Duration::from_secs(25);

/// Chooses the cryptography under TLS; before anything opens a connection.
pub fn install_tls() {
    // A second call changes nothing.
    let _already_chosen = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Serves until the process is told to end.
pub async fn serve() -> Result<(), StartError> {
    let settings = Settings::from_environment()?;
    telemetry::init(&settings.log_filter);
    let figures = telemetry::install_figures().map_err(|error| StartError::new("metrics", &error))?;
    let site = Site::find()?;
    prepare_database(&settings).await?;
    let db = db::connect(&settings.database)
        .await
        .map_err(|error| StartError::new("the database (DATABASE_URL)", &error))?;
    let address = SocketAddr::new(site.options.site_addr.ip(), settings.port);
    let state = Box::pin(AppState::build(settings, site, db, Clock::system(), Random::system())).await?;
    state
        .vault
        .check_canary(&state.db, state.clock.now())
        .await
        .map_err(|error| StartError::new("the sealing keys", &error))?;
    state
        .vault
        .check_ring(&state.db, &sealed(), state.clock.now())
        .await
        .map_err(|error| StartError::new("the sealing keys", &error))?;

    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| StartError::new(&format!("port {} (set PORT to another)", address.port()), &error))?;
    tell(&state, address);
    let background = background::start(&state, figures);
    let (ending, mut told) = watch::channel(false);
    let served = tokio::spawn(
        axum::serve(listener, router(&state).into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move {
                let _sender_gone = told.wait_for(|told| *told).await;
            })
            .into_future(),
    );
    end_asked().await;
    tracing::info!("ending: no new requests; those that run may finish");
    ending.send_replace(true);
    // Streams of events never finish by themselves: they end now, and browsers follow on another process.
    state.notifications.close();
    state.chat.close().await;
    if tokio::time::timeout(GRACE, served).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    background.end().await;
    state.db.close().await;
    tracing::info!("ended");
    Ok(())
}

/// Development migrates by itself; elsewhere somebody decides when.
async fn prepare_database(settings: &Settings) -> Result<(), StartError> {
    if settings.environment.is_development() {
        return db::migrate(&settings.database)
            .await
            .map_err(|error| StartError::new("the database (DATABASE_URL)", &error));
    }
    let db = db::connect(&settings.database)
        .await
        .map_err(|error| StartError::new("the database (DATABASE_URL)", &error))?;
    let missing = db::unapplied(&db).await.map_err(|error| StartError::new("the database (DATABASE_URL)", &error))?;
    db.close().await;
    if missing.is_empty() {
        return Ok(());
    }
    Err(StartError::Refused(format!("the database lacks migrations ({}); run `aura migrate`", missing.join(", "))))
}

fn tell(state: &AppState, address: SocketAddr) {
    let settings = &state.settings;
    tracing::info!(url = %settings.public_url, environment = %settings.environment, %address, "serving");
    if state.mailer.reaches_people() {
        tracing::info!("mail leaves {}", state.mailer);
    } else {
        tracing::warn!("mail leaves {}; RESEND_API_KEY is not set, so it reaches nobody outside", state.mailer);
    }
    tracing::info!("{}", state.texts);
    for line in settings.off().into_iter().chain(doctor::off(settings)) {
        tracing::info!("{line}");
    }
}

async fn end_asked() {
    let terminate = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = signal::ctrl_c() => {}
        () = terminate => {}
    }
}

/// Brings the database up to date.
pub async fn migrate() -> Result<(), StartError> {
    let settings = Settings::from_environment()?;
    db::migrate(&settings.database).await.map_err(|error| StartError::new("the database (DATABASE_URL)", &error))?;
    say("The database is up to date.")
}

/// Prints what is set up and what to register.
pub fn doctor() -> Result<(), StartError> {
    let settings = Settings::from_environment()?;
    say(&doctor::tell(&settings, Clock::system().now().date()))
}

fn say(text: &str) -> Result<(), StartError> {
    writeln!(std::io::stdout(), "{text}").map_err(|error| StartError::new("standard output", &error))
}
