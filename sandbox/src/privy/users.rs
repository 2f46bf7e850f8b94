//! People: found or made by a proven account, linked, unlinked, transferred, deleted.

use crate::privy::accounts::{handle, single, text};
use crate::privy::keys::random;
use crate::privy::problem::Problem;
use crate::privy::state::Privy;
use crate::privy::webhooks::Event;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A person.
#[derive(Debug, Clone)]
pub struct User {
    /// Order of arrival, from 1.
    pub number: u64,
    /// What the id was made from.
    pub seed: String,
    /// `did:privy:…`.
    pub id: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Linked accounts in Privy's form.
    pub accounts: Vec<Value>,
    /// The terms were accepted.
    pub accepted_terms: bool,
    /// Digest of the credential of a guest who has linked nothing yet.
    pub guest: Option<String>,
    /// What the app's server keeps with the person.
    pub metadata: Option<Map<String, Value>>,
}

impl User {
    /// As every API shows it.
    pub fn json(&self) -> Value {
        let mut user = json!({
            "id": self.id, "created_at": self.created_at, "linked_accounts": self.accounts, "mfa_methods": [],
            "has_accepted_terms": self.accepted_terms, "is_guest": self.guest.is_some(),
        });
        if let (Some(object), Some(metadata)) = (user.as_object_mut(), &self.metadata) {
            object.insert("custom_metadata".into(), Value::Object(metadata.clone()));
        }
        user
    }

    fn position(&self, key: &(String, String)) -> Option<usize> {
        self.accounts.iter().position(|account| handle(account) == *key)
    }
}

/// Somebody who came in.
pub struct Entered {
    /// Who.
    pub user: String,
    /// They were not known before.
    pub is_new: bool,
}

impl Privy {
    /// A person by id.
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// A person by id, to be changed.
    pub fn user_mut(&mut self, id: &str) -> Result<&mut User, Problem> {
        self.users.iter_mut().find(|user| user.id == id).ok_or_else(|| Problem::missing("User not found"))
    }

    /// Who holds an account.
    pub fn holder(&self, key: &(String, String)) -> Option<&User> {
        self.users.iter().find(|user| user.position(key).is_some())
    }

    /// Makes a person. The id follows from the seed, so that it outlives a restart of the sandbox, and from how often
    /// a person of that seed was deleted, so that it never comes back within one run.
    pub fn create(&mut self, seed: &str, accounts: Vec<Value>, guest: Option<String>) -> String {
        self.last_user += 1;
        let generation = self.generations.get(seed).copied().unwrap_or_default();
        let hash = Sha256::digest(format!("{seed}\n{generation}"));
        let id = hash.iter().take(24).fold("did:privy:c".to_owned(), |mut id, byte| {
            id.push(char::from_digit(u32::from(byte % 36), 36).unwrap_or('0'));
            id
        });
        let user = User {
            number: self.last_user,
            seed: seed.to_owned(),
            id: id.clone(),
            created_at: self.now(),
            accounts,
            accepted_terms: false,
            guest,
            metadata: None,
        };
        self.events.push(Event::new("user.created", json!({ "user": user.json() })));
        self.users.push(user);
        id
    }

    /// The way in for a proven account: the person who holds it, or a new one where the mode and the app allow it.
    pub fn enter(&mut self, account: Value, mode: Option<&str>) -> Result<Entered, Problem> {
        let key = handle(&account);
        self.check_allowlist(&key)?;
        let now = self.now();
        if let Some(id) = self.holder(&key).map(|user| user.id.clone()) {
            let user = self.user_mut(&id)?;
            if let Some(kept) = user.position(&key).and_then(|position| user.accounts.get_mut(position)) {
                refresh(kept, &account, now);
            }
            self.authenticated(&id, &key);
            return Ok(Entered { user: id, is_new: false });
        }
        self.may_sign_up(mode)?;
        let id = self.create(&format!("{} {}", key.0, key.1), vec![stamped(account, now)], None);
        self.authenticated(&id, &key);
        Ok(Entered { user: id, is_new: true })
    }

    /// Whether somebody unknown may become a person now.
    pub fn may_sign_up(&self, mode: Option<&str>) -> Result<(), Problem> {
        match mode {
            None | Some("login-or-sign-up") => {}
            Some("no-signup") => return Err(Problem::new(404, "user_does_not_exist", "User does not exist")),
            Some(_) => return Err(Problem::data("mode must be login-or-sign-up or no-signup")),
        }
        if self.is_on("signup_disabled") {
            return Err(Problem::new(403, "signup_disabled", "Sign ups are disabled for this app"));
        }
        let most = self.setting("max_accounts").and_then(|value| value.as_u64());
        if most.is_some_and(|most| self.users.len() as u64 >= most) {
            return Err(Problem::new(403, "max_accounts_reached", "This app has reached its limit of users"));
        }
        Ok(())
    }

    /// Adds a proven account to a person.
    pub fn link(&mut self, id: &str, account: Value) -> Result<Value, Problem> {
        let key = handle(&account);
        let now = self.now();
        if let Some(holder) = self.holder(&key) {
            if holder.id != id {
                return Err(taken(holder, &account));
            }
            let user = self.user_mut(id)?;
            if let Some(kept) = user.position(&key).and_then(|position| user.accounts.get_mut(position)) {
                refresh(kept, &account, now);
            }
            return Ok(user.json());
        }
        let user = self.user_mut(id)?;
        if single(&key.0) && user.accounts.iter().any(|kept| text(kept, "type") == key.0) {
            return Err(Problem::new(400, "cannot_link_more_of_type", format!("Cannot link more than one {}", key.0)));
        }
        let account = stamped(account, now);
        user.accounts.push(account.clone());
        user.guest = None;
        let shown = user.json();
        self.events.push(Event::new("user.linked_account", json!({ "user": shown, "account": account })));
        Ok(shown)
    }

    /// Takes an account away, never the last one.
    pub fn unlink(&mut self, id: &str, key: &(String, String)) -> Result<Value, Problem> {
        let user = self.user_mut(id)?;
        let position = user
            .position(key)
            .ok_or_else(|| Problem::new(404, "linked_account_not_found", "Linked account not found"))?;
        if user.accounts.len() == 1 {
            return Err(Problem::new(400, "cannot_unlink_sole_account", "Cannot unlink the only account of a user"));
        }
        let account = user.accounts.remove(position);
        let shown = user.json();
        self.events.push(Event::new("user.unlinked_account", json!({ "user": shown, "account": account })));
        Ok(shown)
    }

    /// Puts a proven account in the place of another of its kind.
    pub fn replace(&mut self, id: &str, old: &(String, String), account: Value) -> Result<Value, Problem> {
        if let Some(holder) = self.holder(&handle(&account)) {
            return Err(taken(holder, &account));
        }
        let account = stamped(account, self.now());
        let user = self.user_mut(id)?;
        let kept = user
            .position(old)
            .and_then(|position| user.accounts.get_mut(position))
            .ok_or_else(|| Problem::new(404, "linked_account_not_found", "Linked account not found"))?;
        *kept = account.clone();
        let shown = user.json();
        self.events.push(Event::new("user.updated_account", json!({ "user": shown, "account": account })));
        Ok(shown)
    }

    /// Moves the only account of one person to another, and deletes the first.
    pub fn transfer(&mut self, from: &str, to: &str) -> Result<Value, Problem> {
        self.user_mut(to)?;
        let source = self.user_mut(from)?;
        let [account] = source.accounts.as_slice() else {
            return Err(Problem::data("Only a person with exactly one account can be transferred"));
        };
        let account = account.clone();
        if from == to {
            return Err(Problem::data("A person cannot be transferred to themselves"));
        }
        self.forget(from);
        let target = self.user_mut(to)?;
        target.accounts.push(account.clone());
        target.guest = None;
        let shown = target.json();
        self.events.push(Event::new(
            "user.transferred_account",
            json!({ "fromUser": { "id": from }, "toUser": shown, "account": account, "deletedUser": true }),
        ));
        Ok(shown)
    }

    /// Deletes a person; their sessions end.
    pub fn delete(&mut self, id: &str) -> Result<(), Problem> {
        let shown = self.user_mut(id)?.json();
        self.forget(id);
        self.events.push(Event::new("user.deleted", json!({ "user": shown })));
        Ok(())
    }

    fn forget(&mut self, id: &str) {
        if let Some(position) = self.users.iter().position(|user| user.id == id) {
            let gone = self.users.remove(position);
            *self.generations.entry(gone.seed).or_default() += 1;
        }
        self.end_sessions(id);
    }

    fn authenticated(&mut self, id: &str, key: &(String, String)) {
        let Some(user) = self.user(id) else { return };
        let account = user.position(key).and_then(|position| user.accounts.get(position)).cloned();
        let payload = json!({ "user": user.json(), "account": account });
        self.events.push(Event::new("user.authenticated", payload));
    }
}

/// The refusal of an account that is somebody else's: transferable where it is all that person has.
fn taken(holder: &User, account: &Value) -> Problem {
    if holder.accounts.len() > 1 {
        return Problem::new(400, "linked_to_another_user", "Account is already linked to another user");
    }
    let mut problem = Problem::new(400, "account_transfer_required", "Account belongs to another user, transfer it");
    problem.data = Some(json!({ "nonce": random(32), "account": account, "otherUser": { "id": holder.id } }));
    problem
}

/// With the three times of a first proof.
pub fn stamped(mut account: Value, now: i64) -> Value {
    if let Some(object) = account.as_object_mut() {
        for name in ["verified_at", "first_verified_at", "latest_verified_at"] {
            object.insert(name.into(), now.into());
        }
    }
    account
}

/// Proven once more: newer names and addresses, and the time of it.
fn refresh(kept: &mut Value, account: &Value, now: i64) {
    if let (Some(kept), Some(fresh)) = (kept.as_object_mut(), account.as_object()) {
        for (name, value) in fresh {
            kept.insert(name.clone(), value.clone());
        }
        if kept.get("first_verified_at").is_none_or(Value::is_null) {
            kept.insert("first_verified_at".into(), now.into());
        }
        kept.insert("latest_verified_at".into(), now.into());
    }
}
