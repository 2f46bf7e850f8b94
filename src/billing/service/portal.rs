//! Stripe's portal, where owners change cards, addresses and tax numbers, and find their invoices.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;
use stripe_billing::{
    billing_portal_configuration::{
        CreateBillingPortalConfiguration, CreateBillingPortalConfigurationFeatures,
        CreateBillingPortalConfigurationFeaturesCustomerUpdate,
        CreateBillingPortalConfigurationFeaturesCustomerUpdateAllowedUpdates as Update,
        CreateBillingPortalConfigurationFeaturesSubscriptionCancel, InvoiceListParam, PaymentMethodUpdateParam,
    },
    billing_portal_session::CreateBillingPortalSession,
};
use url::Url;

use super::Billing;
use crate::{
    billing::{
        BillingError, store,
        stripe::{Stripe, StripeError, objects::Named},
    },
    kit::id::{TeamId, UserId},
    platform::audit,
};

/// Counts what the configuration says: another number makes another one at Stripe.
const VERSION: u32 = 1;

const WAY_OUT: &str = "way to the portal";

#[derive(Deserialize)]
struct Session {
    url: Url,
}

impl Billing {
    /// Stripe's portal for the team's customer, for some minutes.
    ///
    /// # Errors
    /// When somebody else owns the team, it never bought anything, or Stripe refuses or is away.
    pub async fn portal(&self, user: UserId, team: TeamId) -> Result<Url, BillingError> {
        let stripe = self.stripe()?;
        self.owned(user, team).await?;
        let known = store::customers::find(&mut *self.parts.db.acquire().await?, team).await?;
        let customer = known.and_then(|row| row.stripe_customer).ok_or(BillingError::NotSubscribed)?;
        let configuration = self.portal_configuration(stripe).await?;
        let session = match self.open_portal(stripe, &customer, &configuration).await {
            // Somebody has removed the configuration at Stripe: it is made anew.
            Err(StripeError::Refused { parameter, .. }) if parameter == "configuration" => {
                self.forget_configuration(stripe).await?;
                let configuration = self.portal_configuration(stripe).await?;
                self.open_portal(stripe, &customer, &configuration).await?
            }
            other => other?,
        };
        let now = self.parts.clock.now();
        let mut connection = self.parts.db.acquire().await?;
        audit::record(&mut connection, &self.parts.random, now, user, "billing_portal", json!({ "team": team }))
            .await?;
        Ok(stripe.address(&session.url))
    }

    /// The way to a page of Stripe's as a person's browser may keep it: nobody can put another one in its place.
    #[must_use]
    pub fn way_out(&self, user: UserId, url: &Url) -> String {
        let mac = self.parts.keys.mac(WAY_OUT, &[user.to_string().as_bytes(), url.as_str().as_bytes()]);
        format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac), BASE64_URL_SAFE_NO_PAD.encode(url.as_str()))
    }

    /// The page that such a way leads to.
    #[must_use]
    pub fn follow_way_out(&self, user: UserId, way: &str) -> Option<Url> {
        let (mac, url) = way.split_once('.')?;
        let (mac, url) = (BASE64_URL_SAFE_NO_PAD.decode(mac).ok()?, BASE64_URL_SAFE_NO_PAD.decode(url).ok()?);
        let ours = self.parts.keys.verify(WAY_OUT, &[user.to_string().as_bytes(), &url], &mac);
        Url::parse(std::str::from_utf8(&url).ok()?).ok().filter(|_| ours)
    }

    async fn open_portal(&self, stripe: &Stripe, customer: &str, configuration: &str) -> Result<Session, StripeError> {
        let request = CreateBillingPortalSession::new()
            .customer(customer)
            .configuration(configuration)
            .return_url(self.return_address());
        // Each visit is one of its own, and nothing is charged by it.
        let once = hex::encode(self.parts.random.bytes::<16>());
        stripe.write(&request, &format!("portal:{once}")).await
    }

    fn return_address(&self) -> String {
        format!("{}/billing", self.parts.public_url.as_str().trim_end_matches('/'))
    }

    fn configuration_name(&self, stripe: &Stripe) -> String {
        format!("portal:{VERSION}:{}:{}", if stripe.is_live() { "live" } else { "test" }, self.return_address())
    }

    async fn portal_configuration(&self, stripe: &Stripe) -> Result<String, BillingError> {
        let name = self.configuration_name(stripe);
        let (generation, kept) = self.kept_configuration(&name).await?;
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let features = CreateBillingPortalConfigurationFeatures {
            customer_update: Some(CreateBillingPortalConfigurationFeaturesCustomerUpdate {
                allowed_updates: Some(vec![Update::Address, Update::Email, Update::Name, Update::TaxId]),
                enabled: true,
            }),
            invoice_history: Some(InvoiceListParam::new(true)),
            payment_method_update: Some(PaymentMethodUpdateParam::new(true)),
            // Plans are changed and cancelled here, where the amount is shown first.
            subscription_cancel: Some(CreateBillingPortalConfigurationFeaturesSubscriptionCancel::new(false)),
            ..CreateBillingPortalConfigurationFeatures::new()
        };
        let request = CreateBillingPortalConfiguration::new(features)
            .default_return_url(self.return_address())
            .name(format!("Aura {VERSION}"));
        let made: Named = stripe.write(&request, &format!("{name}:{generation}")).await?;
        self.keep_configuration(&name, generation, &made.id).await?;
        Ok(made.id)
    }

    /// The next one is made under another key, or Stripe would name the one that is gone.
    async fn forget_configuration(&self, stripe: &Stripe) -> Result<(), BillingError> {
        let name = self.configuration_name(stripe);
        let (generation, _) = self.kept_configuration(&name).await?;
        self.keep_configuration(&name, generation + 1, "").await
    }

    /// The how-manieth it is, and its id where it is made.
    async fn kept_configuration(&self, name: &str) -> Result<(u32, Option<String>), BillingError> {
        let kept = store::system::mark(&self.parts.db, name).await?.unwrap_or_default();
        let (generation, id) = kept.split_once(' ').unwrap_or_default();
        Ok((generation.parse().unwrap_or(0), Some(id.to_owned()).filter(|id| !id.is_empty())))
    }

    async fn keep_configuration(&self, name: &str, generation: u32, id: &str) -> Result<(), BillingError> {
        let value = format!("{generation} {id}");
        Ok(store::system::set_mark(&self.parts.db, name, &value, self.parts.clock.now()).await?)
    }
}
