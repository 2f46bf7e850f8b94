//! The catalogue as this installation has it.

use super::{
    model::{ServiceView, Standing},
    words::{self, ServiceDetails},
};
use crate::{
    integrations::Integrations,
    providers::{Provider, catalogue},
};

impl Integrations {
    /// Every service that people connect, under its heading and by name, as anybody may see it.
    #[must_use]
    pub fn services(&self) -> Vec<ServiceView> {
        let mut providers: Vec<_> = catalogue().all().iter().filter(|provider| provider.connectable).collect();
        providers.sort_by_key(|provider| (provider.category, provider.name.to_lowercase()));
        providers
            .into_iter()
            .map(|provider| ServiceView { missing: Vec::new(), ..self.service_view(provider) })
            .collect()
    }

    /// Every service, with what the installation lacks for it, for operators.
    #[must_use]
    pub(in crate::integrations) fn services_for_operators(&self) -> Vec<ServiceView> {
        let lacking = |service: ServiceView| {
            let missing = catalogue().get(&service.id).map(|provider| self.missing(provider));
            ServiceView { missing: missing.unwrap_or_default(), ..service }
        };
        self.services().into_iter().map(lacking).collect()
    }

    /// What is told of one service on its own page; none where nothing of that name can be connected.
    #[must_use]
    pub fn service_details(&self, id: &str) -> Option<ServiceDetails> {
        let provider = catalogue().get(id).filter(|provider| provider.connectable)?;
        Some(words::details(provider, self.service_view(provider), self.clock.now().date()))
    }

    pub(super) fn service_view(&self, provider: &Provider) -> ServiceView {
        let own_app = provider.oauth.is_some() && self.own_vault().is_ok();
        let standing = match (provider.supported(), self.missing(provider).is_empty()) {
            (false, _) => Standing::NotYet,
            (true, true) => Standing::Ready,
            (true, false) if own_app => Standing::OwnApp,
            (true, false) => Standing::NotSetUp,
        };
        words::view(provider, standing, Vec::new(), own_app && standing != Standing::NotYet)
    }
}
