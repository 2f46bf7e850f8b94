//! What people agree to before a model sees what is read through their connections: once for each connection, and anew
//! where the operator of the model is another.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::{Error, Integrations, Known, views};
use crate::{
    inference::Vendor,
    integrations::{
        model::ConnectionState,
        store::{self, AgreementRow, NewAgreement},
    },
    kit::id::{ConnectionId, UserId},
};

/// What the owner of a connection has said of the model of this installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Nobody asked them yet, or about another operator's.
    Unasked,
    Given,
    Refused,
}

/// An account as chat needs to know it.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: ConnectionId,
    /// The service's id.
    pub provider: String,
    pub label: String,
    /// False: its person must sign in there again.
    pub works: bool,
    /// Where they do that.
    pub mend: String,
    pub agreement: Agreement,
}

/// A yes that still counts.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// The operator of the model, as it was shown.
    pub vendor: String,
    pub model: String,
    pub at: OffsetDateTime,
}

/// Whose model somebody says yes to, as it was shown.
#[derive(Clone, Copy, Debug)]
pub struct AgreedTo<'a> {
    pub mark: &'a str,
    pub name: &'a str,
    pub model: &'a str,
}

impl Integrations {
    /// The operator of this installation's model; none where there is no model.
    #[must_use]
    pub fn vendor(&self) -> Option<&Vendor> {
        self.vendor.as_deref()
    }

    pub(super) fn agreement(&self, for_model: bool, agreed_vendor: Option<&str>) -> Agreement {
        let same = self.vendor().is_some_and(|vendor| agreed_vendor == Some(vendor.mark.as_str()));
        match (for_model, same) {
            (false, _) => Agreement::Refused,
            (true, true) => Agreement::Given,
            (true, false) => Agreement::Unasked,
        }
    }

    /// The accounts of a person, with what they have said of models.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn accounts(&self, db: impl PgExecutor<'_>, user: UserId) -> Result<Vec<Account>, Error> {
        let account = |row: AgreementRow| Account {
            agreement: self.agreement(row.for_model, row.agreed_vendor.as_deref()),
            mend: self
                .catalogue
                .get(&row.provider)
                .map(|provider| views::mending(provider, row.id, row.reason.as_deref()))
                .unwrap_or_default(),
            works: ConnectionState::parse(&row.state) != ConnectionState::NeedsReauth,
            id: row.id,
            provider: row.provider,
            label: row.account_label,
        };
        Ok(store::agreements(db, user).await?.into_iter().map(account).collect())
    }

    /// Says whether what is read through a connection may be sent to the model of this installation. Where there is
    /// none, a yes only says that a coming one may be asked about.
    ///
    /// # Errors
    /// When there is no such connection, or the database is away.
    pub async fn let_models_see(&self, user: UserId, id: ConnectionId, may: bool) -> Result<(), Error> {
        let known = self.known(user, id).await?;
        let mut transaction = self.db.begin().await?;
        match self.vendor().filter(|_| may) {
            Some(vendor) => {
                let (mark, model) = (&vendor.mark, vendor.models());
                let agreed = AgreedTo { mark, name: &vendor.name, model: &model };
                self.agree_within(&mut transaction, user, id, &known.row.provider, agreed).await?;
            }
            None => {
                if store::let_models_ask(&mut *transaction, user, id, may).await? {
                    let kind = if may { "shown_to_models" } else { "hidden_from_models" };
                    self.changed_within(&mut transaction, user, Some(id), &known.row.provider, kind, None).await?;
                }
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Notes a yes with whatever else the transaction does.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn agree_within(
        &self,
        transaction: &mut PgConnection,
        user: UserId,
        id: ConnectionId,
        provider: &str,
        agreed: AgreedTo<'_>,
    ) -> Result<(), Error> {
        let AgreedTo { mark: vendor, name, model } = agreed;
        let new = NewAgreement { vendor, name, model, now: self.clock.now() };
        if store::agree(&mut *transaction, user, id, &new).await? {
            let detail = format!("{model} of {name}");
            self.changed_within(transaction, user, Some(id), provider, "shown_to_models", Some(&detail)).await?;
        }
        Ok(())
    }
}

impl Known {
    /// What was agreed to, where that still counts.
    #[must_use]
    pub fn agreed(&self) -> Option<Agreed> {
        let row = &self.row;
        match (self.agreement, &row.agreed_name, &row.agreed_model, row.agreed_at) {
            (Agreement::Given, Some(name), Some(model), Some(at)) => {
                Some(Agreed { vendor: name.clone(), model: model.clone(), at })
            }
            _ => None,
        }
    }
}
