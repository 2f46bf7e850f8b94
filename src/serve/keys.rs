//! The commands about sealing keys.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Subcommand;

use super::{StartError, say};
use crate::{
    chat, identity, integrations,
    platform::{
        clock::Clock,
        config::{self, Settings, Variables},
        crypto::{self, SealedColumn, Vault},
        db::{self, Db},
        http::Http,
        random::Random,
        telemetry,
    },
};

/// What to do about the sealing keys.
#[derive(Clone, Copy, Debug, Default, Subcommand)]
pub enum KeysCommand {
    /// Print a new entry for AURA_KEYS (the default).
    #[default]
    New,
    /// Tell how many values each key has sealed.
    Status,
    /// Seal everything with the first key of AURA_KEYS, while the site is being used; can be stopped and begun again.
    Rotate,
}

/// Runs a command about the sealing keys.
///
/// # Errors
/// When the settings are not whole, the database is away, or a value does not open.
pub async fn keys(command: KeysCommand) -> Result<(), StartError> {
    let random = Random::system();
    if let KeysCommand::New = command {
        return new_key(&random).await;
    }
    let settings = Settings::from_environment()?;
    telemetry::init(&settings.log_filter);
    let away = |error: sqlx::Error| StartError::new("the database (DATABASE_URL)", &error);
    let db = db::connect(&settings.database).await.map_err(away)?;
    let http = Http::new(settings.host_overrides.clone()).map_err(|error| StartError::new("outgoing HTTP", &error))?;
    let ring = settings.sealing_keys.open(&http, settings.kms_key.as_deref()).await;
    let vault = Vault::new(ring.map_err(|error| StartError::new("the sealing keys", &error))?, random.clone());
    let apart = integrations::own_app_vault(&settings, &random);
    let sealed = columns(&vault, apart.as_ref());
    let mut shut = 0;
    if let KeysCommand::Rotate = command {
        let clock = Clock::system();
        let wrong = |error| StartError::new("the sealing keys", &error);
        vault.check_canary(&db, clock.now()).await.map_err(wrong)?;
        for (column, vault) in &sealed {
            let resealed = column.reseal(&db, vault).await.map_err(away)?;
            if resealed.done > 0 {
                say(&format!("{}.{}: {} sealed anew", column.table, column.column, resealed.done))?;
            }
            shut += resealed.shut;
        }
        if shut == 0 {
            vault.renew_canary(&db, clock.now()).await.map_err(wrong)?;
        }
    }
    status(&db, &sealed).await?;
    db.close().await;
    if shut == 0 {
        return Ok(());
    }
    Err(StartError::Refused(format!(
        "{shut} values do not open with any key of the ring and stay as they are; keep every key until they are gone"
    )))
}

/// Settings need not be there yet: this is the first of them that somebody makes.
async fn new_key(random: &Random) -> Result<(), StartError> {
    let id = hex::encode(random.bytes::<3>());
    let key = match config::key_maker(&Variables::of_the_process())? {
        (Some(kms_key), overrides) => {
            let http = Http::new(overrides).map_err(|error| StartError::new("outgoing HTTP", &error))?;
            let made = crypto::new_wrapped_key(&http, &kms_key).await;
            made.map_err(|error| StartError::new("the sealing keys", &error))?
        }
        (None, _) => STANDARD.encode(random.bytes::<32>()),
    };
    say(&format!("k{id}:{key}"))
}

async fn status(db: &Db, sealed: &[(SealedColumn, &Vault)]) -> Result<(), StartError> {
    let mut nothing = true;
    for (column, vault) in sealed {
        let counts = column.count(db).await.map_err(|error| StartError::new("the database (DATABASE_URL)", &error))?;
        for (key, values) in counts {
            nothing = false;
            let stands = match vault.standing(&key) {
                Some(0) => "the first",
                Some(_) => "still needed",
                None => "not in the ring",
            };
            say(&format!("{:<44} {key:<16} {values:>9}  {stands}", format!("{}.{}", column.table, column.column)))?;
        }
    }
    if nothing { say("Nothing is sealed yet.") } else { Ok(()) }
}

/// Everything that the installation's own keys seal.
#[must_use]
pub fn sealed() -> Vec<SealedColumn> {
    [crypto::PLATFORM, identity::SEALED, integrations::SEALED, chat::SEALED].concat()
}

fn columns<'a>(vault: &'a Vault, apart: Option<&'a Vault>) -> Vec<(SealedColumn, &'a Vault)> {
    let own = sealed().into_iter().map(|column| (column, vault));
    let apps = apart.into_iter().flat_map(|vault| integrations::SEALED_OWN_APPS.iter().map(move |one| (*one, vault)));
    own.chain(apps).collect()
}
