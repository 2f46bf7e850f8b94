//! What a visit to a consent page ends with when it was to connect the account.

use secrecy::SecretString;
use uuid::Uuid;

use super::{
    Error, Integrations, Purpose, Returned, Start, Visitor, choice::Waiting, consent::Consent, identity::Whose,
    keep::Place, signed_visit, visit::Back,
};
use crate::{integrations::store, kit::id::ConnectionId, providers::Provider};

/// How a visit ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Where to go on, as it was chosen when the visit began.
    Connected { id: ConnectionId, next: String },
    /// The consent waits under this id for a word of the person.
    Asks { waiting: Uuid },
    /// The person said no.
    Cancelled,
}

impl Integrations {
    /// Takes what came back from a consent page and connects the account.
    ///
    /// # Errors
    /// Says why nothing was connected.
    pub async fn finish(&self, start: Start, provider: &str, returned: Returned) -> Result<Arrival, Error> {
        self.finish_at(Purpose::Connect, start, provider, returned).await
    }

    /// The same, come back to the address of this purpose.
    pub(in crate::integrations) async fn finish_at(
        &self,
        door: Purpose,
        start: Start,
        provider: &str,
        returned: Returned,
    ) -> Result<Arrival, Error> {
        let entry = self.provider(provider)?;
        if let Some(way) = signed_visit::way(entry) {
            return self.finish_signed(entry, way, start, returned).await;
        }
        let visitor = Visitor { person: Some(start), browser: None };
        let back = self.come_back(door, provider, returned, visitor).await?;
        let Some(code) = back.code.clone() else {
            self.changed(start.user, None, &back.provider.id, "cancelled", None).await?;
            return Ok(Arrival::Cancelled);
        };
        // A browser that goes away must not leave a code half traded: the rest runs to its end.
        let service = self.clone();
        tokio::spawn(async move { service.connect(start, back, code).await }).await?
    }

    async fn connect(&self, start: Start, back: Back, code: SecretString) -> Result<Arrival, Error> {
        let provider = back.provider;
        let tokens = self.trade(Some(start), &back, &code).await?;
        let mut consent = Consent::of(&back, tokens, self.clock.now());
        if let (Some(choice), Some(places)) = (&provider.choice, self.places(provider, &consent).await?) {
            let before = self.place_before(start, &consent, &choice.blank).await?;
            match places.as_slice() {
                [only] => _ = consent.blanks.insert(choice.blank.clone(), only.id.clone()),
                several => match several.iter().find(|place| before.as_ref() == Some(&place.id)) {
                    Some(same) => _ = consent.blanks.insert(choice.blank.clone(), same.id.clone()),
                    None => return self.wait(start, provider, &consent, &Waiting::Place(places)).await,
                },
            }
        }
        self.settle(start, provider, consent).await
    }

    /// The place that the connection had which is to be renewed.
    async fn place_before(&self, start: Start, consent: &Consent, blank: &str) -> Result<Option<String>, Error> {
        let Some(id) = consent.reconnect else { return Ok(None) };
        let row = store::connection(&self.db, start.user, id).await?;
        Ok(row.and_then(|row| row.blanks.0.get(blank).cloned()))
    }

    /// Asks whose account it is and stores it; where it is another than the one that was to be renewed, the person is
    /// asked first.
    pub(super) async fn settle(
        &self,
        start: Start,
        provider: &'static Provider,
        consent: Consent,
    ) -> Result<Arrival, Error> {
        let mut whose = self.whose_is(start, provider, &consent).await?;
        let before = match consent.reconnect {
            Some(id) => store::connection(&self.db, start.user, id).await?,
            None => None,
        };
        if let Some(before) = before {
            // A vendor that does not say whose it is cannot say that it is another's.
            if provider.identity.anonymous {
                whose.id.clone_from(&before.account_id);
                whose.label.clone_from(&before.account_label);
            } else if whose.id != before.account_id {
                let waiting = Waiting::Account { had: before.account_label, came: whose.label };
                return self.wait(start, provider, &consent, &waiting).await;
            }
        }
        let account = consent.account(provider.oauth.as_ref(), whose);
        let id = self.keep(start.user, provider, &account, &consent.tokens).await?;
        Ok(Arrival::Connected { id, next: consent.next })
    }

    /// Stores a consent for another account in the place of the connection that it was to renew.
    pub(super) async fn settle_instead(
        &self,
        start: Start,
        provider: &'static Provider,
        consent: Consent,
    ) -> Result<Arrival, Error> {
        let whose = self.whose_is(start, provider, &consent).await?;
        let place = Place::Instead(consent.reconnect.ok_or(Error::ChoiceGone)?);
        let account = consent.account(provider.oauth.as_ref(), whose);
        let id = self.keep_at(place, start.user, provider, &account, &consent.tokens).await?;
        Ok(Arrival::Connected { id, next: consent.next })
    }

    /// Whose account a consent is for.
    async fn whose_is(&self, start: Start, provider: &Provider, consent: &Consent) -> Result<Whose, Error> {
        let credential = consent.credential();
        match self.who_am_i(provider, &credential).await {
            Ok(whose) => Ok(whose),
            Err(failure) => Err(self.why_anonymous(start.user, provider, consent.own_app, &credential, &failure).await),
        }
    }
}
