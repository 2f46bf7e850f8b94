//! Everything that requests and background work use, built once, each part from those before it.

use std::sync::Arc;

use leptos::prelude::provide_context;

use super::{Site, StartError};
use crate::{
    account::{
        Account,
        api_keys::ApiKeys,
        app_versions::AppVersions,
        files::{self, UserFiles},
        notifications::{Board, Notifications},
    },
    admin::Admin,
    billing::{self, Billing, plans::Plans, stripe::Stripe},
    chat::{self, Chat},
    identity::{Identity, model::Ways, password::Passwords, phone::Phones, privy::Privy},
    inference::Inference,
    integrations::Integrations,
    music::{
        self, Music,
        export::{self, Exports},
        genres::Genres,
        import::{self, Imports},
        playlist::{self, Playlists},
        profile::{self, Profiles},
        sources::{self, Sources},
        statistics::Statistics,
        taste::{self, Taste},
    },
    platform::{
        api::idempotency::Idempotency,
        bus::Bus,
        clock::Clock,
        config::Settings,
        crypto::{Keys, Vault},
        db::Db,
        files::Files,
        http::Http,
        jobs::Jobs,
        limits::Limits,
        mail::{Mailer, Outbox},
        random::Random,
        text_messages::TextMessages,
        webhooks::Webhooks,
    },
    privacy::Departures,
    team::{self, Teams},
    ui::Installation,
};

/// The parts of a running Aura. Cheap to clone. Features never see it: each is handed what it needs.
#[derive(Clone)]
pub struct AppState {
    pub settings: Arc<Settings>,
    pub site: Site,
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub vault: Vault,
    pub keys: Keys,
    pub limits: Limits,
    pub http: Http,
    pub jobs: Jobs,
    pub outbox: Outbox,
    pub mailer: Mailer,
    pub webhooks: Webhooks,
    pub bus: Bus,
    pub identity: Identity,
    pub privy: Privy,
    pub texts: TextMessages,
    pub phones: Phones,
    pub account: Account,
    pub api_keys: ApiKeys,
    pub user_files: UserFiles,
    pub app_versions: AppVersions,
    pub notifications: Notifications,
    pub idempotency: Idempotency,
    pub teams: Teams,
    pub billing: Billing,
    pub inference: Inference,
    pub integrations: Integrations,
    pub music: Music,
    pub statistics: Statistics,
    pub sources: Sources,
    pub imports: Imports,
    pub playlists: Playlists,
    pub exports: Exports,
    pub profiles: Profiles,
    pub genres: Genres,
    pub taste: Taste,
    pub chat: Chat,
    pub departures: Departures,
    pub admin: Admin,
}

impl AppState {
    /// Builds all parts over a database that is up to date.
    pub async fn build(
        settings: Settings,
        site: Site,
        db: Db,
        clock: Clock,
        random: Random,
    ) -> Result<Self, StartError> {
        let plans =
            Plans::read(settings.billing.plans.as_deref()).map_err(|error| StartError::new("PLANS_FILE", &error))?;
        let keys = Keys::new(settings.auth_secret.clone(), settings.auth_secret_previous.clone());
        let http = Http::new(settings.host_overrides.clone())
            .map_err(|error| StartError::new("outgoing HTTP", &error))?
            .allowing(&settings.bridge_hosts);
        let ring = settings
            .sealing_keys
            .open(&http, settings.kms_key.as_deref())
            .await
            .map_err(|error| StartError::new("the sealing keys", &error))?;
        let vault = Vault::new(ring, random.clone());
        let limits = Limits::new(&settings.limits, db.clone(), http.clone(), clock.clone())
            .map_err(|error| StartError::new("the limit store", &error))?;
        let jobs = Jobs::new();
        let outbox = Outbox::new(vault.clone(), random.clone(), clock.clone(), jobs);
        let mailer = Mailer::new(&settings.mail, http.clone(), db.clone(), vault.clone(), clock.clone())
            .map_err(|error| StartError::new("mail", &error))?;
        let webhooks = Webhooks::new(db.clone(), clock.clone(), random.clone(), vault.clone(), jobs);
        let bus = Bus::connect(&settings.database.listen_url)
            .await
            .map_err(|error| StartError::new("the database connection for events", &error))?;
        let board = Board::new(clock.clone(), random.clone(), bus.clone());
        let identity = Identity::new(
            db.clone(),
            clock.clone(),
            random.clone(),
            keys.clone(),
            vault.clone(),
            outbox.clone(),
            Arc::new(board.clone()),
            limits.clone(),
            bus.clone(),
            settings.public_url.clone(),
            settings.sign_up.clone(),
            settings.tokens.clone(),
            Passwords::new(random.clone(), http.clone(), settings.password_breaches.clone()),
        );
        let notifications = Notifications::new(
            db.clone(),
            clock.clone(),
            board.clone(),
            identity.clone(),
            outbox.clone(),
            settings.public_url.clone(),
        );
        let privy = Privy::new(settings.privy.as_ref(), &http, identity.clone(), webhooks.clone())
            .map_err(|error| StartError::new("PRIVY_VERIFICATION_KEY", &error))?;
        let texts =
            TextMessages::new(&settings.text_messages, &http, db.clone(), vault.clone(), random.clone(), clock.clone())
                .await;
        let phones = Phones::new(identity.clone(), texts.clone());
        let files = Files::open(&settings.files, &http).map_err(|error| StartError::new("uploaded files", &error))?;
        let user_files = UserFiles::new(files::Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            keys: keys.clone(),
            files: files.clone(),
            jobs,
            limits: settings.file_limits,
            public_url: settings.public_url.clone(),
        });
        let account = Account::new(db.clone(), clock.clone(), random.clone(), files.clone(), jobs, identity.clone());
        let api_keys = ApiKeys::new(db.clone(), clock.clone(), random.clone(), identity.clone());
        let app_versions = AppVersions::new(db.clone(), clock.clone(), random.clone());
        let idempotency = Idempotency::new(db.clone(), clock.clone(), random.clone(), vault.clone());
        let teams = Teams::new(team::Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            jobs,
            outbox: outbox.clone(),
            limits: limits.clone(),
            identity: identity.clone(),
            notifications: notifications.clone(),
            public_url: settings.public_url.clone(),
            free_seats: i32::try_from(plans.free().limits.members).unwrap_or(i32::MAX),
        });
        let stripe = settings
            .billing
            .stripe
            .as_ref()
            .map(|account| Stripe::new(http.clone(), account.secret_key.clone(), account.live, random.clone()));
        let billing = Billing::new(billing::Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            keys: keys.clone(),
            bus: bus.clone(),
            jobs,
            limits: limits.clone(),
            outbox: outbox.clone(),
            webhooks: webhooks.clone(),
            board: board.clone(),
            identity: identity.clone(),
            teams: teams.clone(),
            plans,
            stripe,
            grace: settings.billing.grace,
            daily_tokens: settings.billing.daily_tokens,
            public_url: settings.public_url.clone(),
        });
        let inference = Inference::new(settings.model.as_ref(), &http, &clock, &random);
        let integrations = Integrations::new(
            &settings,
            identity.clone(),
            billing.clone(),
            notifications.clone(),
            db.clone(),
            clock.clone(),
            random.clone(),
            http.clone(),
            vault.clone(),
            keys.clone(),
            limits.clone(),
            bus.clone(),
        );
        let statistics = Statistics::new(db.clone(), clock.clone());
        let music = Music::new(music::Parts { db: db.clone(), clock: clock.clone(), random: random.clone() });
        let imports = Imports::new(import::Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            files: files.clone(),
            jobs,
            music: music.clone(),
        });
        let profiles = Profiles::new(profile::Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            keys: keys.clone(),
            limits: limits.clone(),
            outbox: outbox.clone(),
            identity: identity.clone(),
            integrations: integrations.clone(),
            statistics: statistics.clone(),
            public_url: settings.public_url.clone(),
        });
        let playlists = Playlists::new(playlist::Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            statistics: statistics.clone(),
        });
        let exports = Exports::new(export::Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            jobs,
            integrations: integrations.clone(),
        });
        let sources = Sources::new(sources::Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            jobs,
            http: http.clone(),
            integrations: integrations.clone(),
            music: music.clone(),
            lastfm: &settings.lastfm,
        });
        let taste = Taste::new(taste::Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            teams: teams.clone(),
            billing: billing.clone(),
            inference: inference.clone(),
            spotify: settings.models_see_spotify,
        });
        let genres = Genres::new(db.clone(), clock.clone(), sources.lastfm().clone(), jobs);
        let chat = Chat::new(chat::Parts {
            identity: identity.clone(),
            db: db.clone(),
            clock: clock.clone(),
            random: random.clone(),
            vault: vault.clone(),
            bus: bus.clone(),
            teams: teams.clone(),
            billing: billing.clone(),
            inference: inference.clone(),
            integrations: integrations.clone(),
            files: user_files.clone(),
            public_url: settings.public_url.clone(),
        });
        chat.watch();
        let departures = Departures::new(
            clock.clone(),
            identity.clone(),
            account.clone(),
            user_files.clone(),
            teams.clone(),
            integrations.clone(),
        );
        let admin = Admin::new(
            db.clone(),
            clock.clone(),
            identity.clone(),
            mailer.clone(),
            webhooks.clone(),
            integrations.clone(),
            billing.clone(),
            inference.clone(),
        );
        Ok(Self {
            settings: Arc::new(settings),
            site,
            db,
            clock,
            random,
            vault,
            keys,
            limits,
            http,
            jobs,
            outbox,
            mailer,
            webhooks,
            bus,
            identity,
            privy,
            texts,
            phones,
            account,
            api_keys,
            user_files,
            app_versions,
            notifications,
            idempotency,
            teams,
            billing,
            inference,
            integrations,
            music,
            statistics,
            sources,
            imports,
            playlists,
            exports,
            profiles,
            genres,
            taste,
            chat,
            departures,
            admin,
        })
    }

    /// Hands the services to server functions and pages.
    pub(super) fn provide(&self) {
        provide_context(Installation { staging: self.settings.environment.is_staging() });
        provide_context(self.identity.clone());
        provide_context(self.privy.clone());
        provide_context(self.phones.clone());
        provide_context(Ways { services: self.integrations.ways() });
        provide_context(self.account.clone());
        provide_context(self.api_keys.clone());
        provide_context(self.user_files.clone());
        provide_context(self.notifications.clone());
        provide_context(self.teams.clone());
        provide_context(self.billing.clone());
        provide_context(self.integrations.clone());
        provide_context(self.inference.clone());
        provide_context(self.music.clone());
        provide_context(self.taste.clone());
        provide_context(self.statistics.clone());
        provide_context(self.sources.clone());
        provide_context(self.imports.clone());
        provide_context(self.playlists.clone());
        provide_context(self.exports.clone());
        provide_context(self.profiles.clone());
        provide_context(self.chat.clone());
        provide_context(self.departures.clone());
        provide_context(self.admin.clone());
    }
}
