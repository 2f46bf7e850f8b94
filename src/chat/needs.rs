//! What a run cannot go on without, beside approvals: that its person lets a model see what is read, or that an account
//! works. Each is asked once for a run, and answered on its card, on the page of the account, or by connecting it.

use serde_json::json;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::{
    error::ChatError,
    log::Subject,
    moment,
    need::{NeedCard, NeedKind, NeedState, Replied, Reply, Way},
    service::{Asker, Chat, Parts},
    store::{self, needs::NeedRow},
};
use crate::{
    integrations::{Account, AgreedTo, Agreement, catalogue::model::ServiceView},
    kit::id::{ConnectionId, ConversationId, NeedId, RunId, UserId},
    platform::{
        bus::{Event, Topic},
        telemetry,
    },
    providers::catalogue,
};

/// Something that a run is about to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub kind: NeedKind,
    pub provider: String,
    /// None: any account of the service.
    pub connection: Option<ConnectionId>,
}

impl Need {
    /// A yes to a model that is about to see what is read through this connection.
    pub(super) fn consent(provider: &str, connection: ConnectionId) -> Self {
        Self { kind: NeedKind::Consent, provider: provider.to_owned(), connection: Some(connection) }
    }
}

impl Need {
    /// An account of a service: this one anew, or any.
    pub(super) fn account(provider: &str, connection: Option<ConnectionId>) -> Self {
        Self { kind: NeedKind::Connect, provider: provider.to_owned(), connection }
    }
}

/// What was said in a run already, so that it is not asked twice.
#[derive(Default)]
pub(super) struct Said {
    declined: Vec<(String, Option<ConnectionId>)>,
    /// The services of which an account has come.
    connected: Vec<String>,
}

impl Said {
    /// Of this run.
    pub(super) async fn of(parts: &Parts, user: UserId, run: RunId) -> Result<Self, ChatError> {
        let mut connection = parts.db.acquire().await?;
        let needs = store::needs::of_runs(&mut connection, user, &[run]).await?;
        let mut said = Self::default();
        for need in needs {
            match (need.state.as_str(), need.kind.as_str()) {
                ("no", _) => said.declined.push((need.provider, need.connection)),
                ("yes", "connect") => said.connected.push(need.provider),
                _ => {}
            }
        }
        Ok(said)
    }

    /// The same to connecting a service, or this account of it.
    pub(super) fn no_to_connecting(&self, provider: &str, connection: Option<ConnectionId>) -> bool {
        self.declined.iter().any(|(known, account)| known == provider && *account == connection)
    }

    /// Whether an account of this service has come in this run.
    pub(super) fn has_connected(&self, provider: &str) -> bool {
        self.connected.iter().any(|known| known == provider)
    }

    /// Whether its person said «not now» to this account.
    pub(super) fn no_to(&self, connection: ConnectionId) -> bool {
        self.declined.iter().any(|(_, known)| *known == Some(connection))
    }
}

/// Writes down what a run waits for; what its log says of each.
pub(super) async fn insert(
    parts: &Parts,
    connection: &mut PgConnection,
    subject: Subject,
    needs: &[Need],
    now: OffsetDateTime,
) -> Result<Vec<serde_json::Value>, ChatError> {
    let vendor = parts.integrations.vendor();
    let shown = vendor.map(|vendor| (vendor.models(), vendor.kept()));
    let mut payloads = Vec::new();
    for need in needs {
        let of_model = (need.kind == NeedKind::Consent).then_some(()).and(vendor.zip(shown.as_ref()));
        let new = store::needs::NewNeed {
            id: parts.random.id(now),
            run: subject.run,
            user: subject.user,
            kind: match need.kind {
                NeedKind::Consent => "consent",
                NeedKind::Connect => "connect",
            },
            provider: &need.provider,
            connection: need.connection,
            vendor: of_model.map(|(vendor, _)| vendor.mark.as_str()),
            vendor_name: of_model.map(|(vendor, _)| vendor.name.as_str()),
            model: of_model.map(|(_, (model, _))| model.as_str()),
            keeps: of_model.map(|(_, (_, kept))| kept.as_str()),
            now,
        };
        store::needs::insert(connection, &new).await?;
        payloads.push(json!({ "need": new.id }));
    }
    Ok(payloads)
}

impl Chat {
    /// Takes what a person says to what an answer waits for. A yes to a model counts for the connection from then on;
    /// «not now» counts for this answer. Whoever replies second is told what was said.
    ///
    /// # Errors
    /// When it is not theirs.
    pub async fn reply(&self, asker: &Asker, id: NeedId, reply: Reply) -> Result<Replied, ChatError> {
        let (Parts { db, clock, integrations, .. }, user) = (&self.parts, asker.user);
        let need = store::needs::find(db, user, id).await?.ok_or(ChatError::NotFound("question"))?;
        let yes = reply == Reply::Allow;
        if yes && need.kind != "consent" {
            return Err(ChatError::BadForm);
        }
        let mut transaction = db.begin().await?;
        let now = clock.now();
        // First the wait, as whoever takes the run up does: two who hold each other up would both fail.
        let waits = store::waits::lock(&mut transaction, user, need.run, now).await?.is_some();
        let counted = waits && store::needs::answer(&mut transaction, user, id, yes, now).await?;
        if counted {
            if let (true, Some(connection), Some(agreed)) = (yes, need.connection, agreed_to(&need)) {
                integrations.agree_within(&mut transaction, user, connection, &need.provider, agreed).await?;
            }
            self.tell_need(&mut transaction, user, need.run, id).await?;
        }
        transaction.commit().await?;
        if counted {
            self.take_up(user, need.run).await?;
            self.go_on_where_met(user).await?;
        }
        let card = self.need_cards(&self.parts.db, asker, vec![self.need(user, id).await?]).await?.pop();
        Ok(Replied { card: card.ok_or(ChatError::NotFound("question"))?, counted })
    }

    /// In which conversation it is asked.
    ///
    /// # Errors
    /// When it is not theirs.
    pub async fn conversation_of_need(&self, user: UserId, id: NeedId) -> Result<ConversationId, ChatError> {
        Ok(self.need(user, id).await?.conversation)
    }

    pub(super) async fn need(&self, user: UserId, id: NeedId) -> Result<NeedRow, ChatError> {
        store::needs::find(&self.parts.db, user, id).await?.ok_or(ChatError::NotFound("question"))
    }

    /// Lets a person's runs go on that wait for what has come about elsewhere.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn go_on_where_met(&self, user: UserId) -> Result<(), ChatError> {
        for run in store::needs::waiting(&self.parts.db, user).await? {
            self.take_up(user, run).await?;
        }
        Ok(())
    }

    /// Lets runs go on whose person has said or connected something, in whatever process, until this one shuts down.
    pub fn watch(&self) {
        let mut changes = self.parts.bus.subscribe(Topic::ConnectionChanged);
        let chat = self.watching();
        self.tasks.spawn(async move {
            loop {
                let event = tokio::select! {
                    () = chat.closing.cancelled() => return,
                    () = chat.forsaken.cancelled() => return,
                    event = changes.next() => event,
                };
                // What was missed in a gap is found by those who look after what waits.
                let user = match event {
                    Some(Event::Id(id)) => id.parse::<UserId>(),
                    Some(Event::Resync) => continue,
                    None => return,
                };
                if let Ok(user) = user
                    && let Err(error) = chat.go_on_where_met(user).await
                {
                    telemetry::report(&error, "a run could not go on after a connection changed");
                }
            }
        });
    }

    /// Notes what has come about elsewhere of what a run needs; whether nothing is open any more.
    pub(super) async fn meet(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        run: RunId,
        now: OffsetDateTime,
    ) -> Result<bool, ChatError> {
        if store::needs::open(connection, user, run).await? == 0 {
            return Ok(true);
        }
        let accounts = self.parts.integrations.accounts(&mut *connection, user).await?;
        let mut is_met = true;
        for need in store::needs::of_runs(connection, user, &[run]).await? {
            match answer_of(&need, &accounts) {
                _ if need.state != "open" => {}
                Some(yes) if store::needs::answer(connection, user, need.id, yes, now).await? => {
                    self.tell_need(connection, user, run, need.id).await?;
                }
                _ => is_met = false,
            }
        }
        Ok(is_met)
    }

    /// Writes into the log of a waiting run that something was said.
    async fn tell_need(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        run: RunId,
        id: NeedId,
    ) -> Result<(), ChatError> {
        if let Some(seq) = store::waits::next_number(connection, user, run).await? {
            let (kinds, payloads) = (["met".to_owned()], [json!({ "need": id })]);
            store::log::append(connection, run, user, seq, &kinds, &payloads, self.parts.clock.now()).await?;
            self.parts.bus.notify(connection, Topic::RunOutput, &run.to_string()).await?;
        }
        Ok(())
    }

    /// These as cards, in this order.
    pub(super) async fn need_cards(
        &self,
        db: impl PgExecutor<'_>,
        asker: &Asker,
        needs: Vec<NeedRow>,
    ) -> Result<Vec<NeedCard>, ChatError> {
        if needs.is_empty() {
            return Ok(Vec::new());
        }
        let accounts = self.parts.integrations.accounts(db, asker.user).await?;
        let ready = self.parts.integrations.services();
        Ok(needs.into_iter().map(|need| card(need, &accounts, &ready, &asker.zone)).collect())
    }
}

fn agreed_to(need: &NeedRow) -> Option<AgreedTo<'_>> {
    Some(AgreedTo { mark: need.vendor.as_deref()?, name: need.vendor_name.as_deref()?, model: need.model.as_deref()? })
}

/// What has been said elsewhere, or done.
fn answer_of(need: &NeedRow, accounts: &[Account]) -> Option<bool> {
    let own = accounts.iter().find(|account| Some(account.id) == need.connection);
    match need.kind.as_str() {
        "consent" => match own?.agreement {
            Agreement::Given => Some(true),
            Agreement::Refused => Some(false),
            Agreement::Unasked => None,
        },
        _ => {
            let fits = |account: &&Account| {
                account.provider == need.provider && need.connection.is_none_or(|id| id == account.id)
            };
            accounts.iter().filter(fits).any(|account| account.works).then_some(true)
        }
    }
}

fn card(need: NeedRow, accounts: &[Account], ready: &[ServiceView], zone: &str) -> NeedCard {
    let service = catalogue().get(&need.provider).map_or(need.provider.as_str(), |provider| &provider.name).to_owned();
    let account = accounts.iter().find(|account| Some(account.id) == need.connection);
    let state = match (need.state.as_str(), need.waits) {
        ("yes", _) => NeedState::Met,
        ("no", _) => NeedState::Declined,
        (_, true) => NeedState::Open,
        _ => NeedState::Passed,
    };
    let at = need.answered_at.map(|at| moment::clock(at, zone)).unwrap_or_default();
    let label = account.map(|account| account.label.clone()).unwrap_or_default();
    let is_consent = need.kind == "consent";
    let model =
        format!("{} of {}", need.model.as_deref().unwrap_or_default(), need.vendor_name.as_deref().unwrap_or_default());
    let (title, told) = match account {
        _ if is_consent => (
            format!("Let {model} read from {service}?"),
            vec![
                format!("Aura wants to let {model} read from {service}, account {label}, so that it can answer you."),
                format!(
                    "What goes there: what Aura looks up or changes in {service} for your answers, such as titles, texts, \
                     names and dates, with your questions. Never how Aura gets in there."
                ),
                need.keeps.unwrap_or_default(),
            ],
        ),
        Some(_) => (
            format!("Reconnect {service}, {label}"),
            vec![format!("{service} wants you to sign in there again. Then this answer goes on by itself.")],
        ),
        None => (
            format!("Connect {service}"),
            vec![format!("This answer needs {service}. Connect it, and the answer goes on by itself.")],
        ),
    };
    let sentence = match state {
        NeedState::Open if is_consent => format!("Nothing from {service} goes there before you allow it."),
        NeedState::Open => format!("Without it, the answer goes on and leaves {service} out."),
        NeedState::Met if is_consent => format!("You allowed this at {at}."),
        NeedState::Met => format!("{service} is connected since {at}."),
        NeedState::Declined => format!("You said not now at {at}. This answer goes on without {service}."),
        NeedState::Passed => "This was not answered, and nothing was sent. Ask again to be asked again.".to_owned(),
    };
    let anew = || ready.iter().find(|ready| ready.id == need.provider)?.way();
    let address = if is_consent { None } else { account.map(|account| account.mend.clone()).or_else(anew) };
    NeedCard {
        id: need.id,
        kind: if is_consent { NeedKind::Consent } else { NeedKind::Connect },
        way: address.map(|address| Way {
            words: if account.is_some() { format!("Reconnect {service}") } else { format!("Connect {service}") },
            address: back_to(address, need.conversation),
        }),
        title,
        told,
        service: need.provider,
        service_name: service,
        account: label,
        state,
        sentence,
        page: need.connection.map(|id| format!("/connections/{id}")),
    }
}

/// A visit to a service, and a form for what it is opened with, lead back to where that began.
fn back_to(address: String, conversation: ConversationId) -> String {
    if !["/api/integrations/", "/connections/add/"].iter().any(|place| address.starts_with(place)) {
        return address;
    }
    let between = if address.contains('?') { '&' } else { '?' };
    format!("{address}{between}chat={conversation}")
}
