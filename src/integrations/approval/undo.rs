//! Taking back what was done. The call that does so was filled in when the change was made, and is shown to its person;
//! their word is an approval like any other, which names the change: it is used up in the transaction that writes it.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{Approved, Call, LIFETIME, Proposal, Told};
use crate::{
    integrations::{
        model::ProposalState,
        service::{Error, Integrations},
        store, tools,
    },
    kit::id::{ApprovalId, ToolCallId, UserId},
};

/// How a change was taken back, or how that was tried last.
#[derive(Clone, Debug)]
pub struct Undone {
    /// The call that takes back, with what became of it.
    pub by: Proposal,
    /// Its row in the log of calls, and that of the change.
    pub calls: (Option<ToolCallId>, Option<ToolCallId>),
}

/// The call that takes a change back. What takes back is not taken back in its turn, and another account that stands in
/// the place of the one that was changed has nothing that could be.
pub(super) fn call(user: UserId, row: &store::ProposalRow, state: ProposalState, told: Option<&Told>) -> Option<Call> {
    let undo = told?.undo.as_ref().filter(|undo| undo.account == row.account_id)?;
    let tool = tools::find(&undo.tool)?;
    (state == ProposalState::Done && row.undoes.is_none()).then(|| Call {
        user,
        connection: row.connection,
        tool,
        arguments: undo.arguments.clone(),
    })
}

impl Integrations {
    /// Records that a person takes back what was done, and uses that up. None: it is being taken back already, or was, or
    /// may have been.
    ///
    /// # Errors
    /// When it is not theirs, was not done, or cannot be taken back.
    pub async fn undo(&self, user: UserId, id: ApprovalId) -> Result<Option<Approved<Call>>, Error> {
        let found = self.proposals(&self.db, user, &[id]).await?.pop();
        let proposal = found.ok_or(Error::NotFound("proposal"))?;
        let call = proposal.undo.clone().ok_or_else(|| Error::NotUndoable(why_not(&proposal)))?;
        let mut transaction = self.db.begin().await?;
        let Some(undo) = self.insert_undo(&mut transaction, id, &call).await? else { return Ok(None) };
        let call = self.used_up(&mut transaction, user, undo).await?;
        transaction.commit().await?;
        Ok(Some(Approved(call, undo)))
    }

    async fn insert_undo(
        &self,
        connection: &mut PgConnection,
        undoes: ApprovalId,
        call: &Call,
    ) -> Result<Option<ApprovalId>, Error> {
        let now = self.clock.now();
        let id = self.random.id::<ApprovalId>(now);
        let new = store::NewUndo {
            id,
            user: call.user,
            undoes,
            tool: call.tool.name,
            sealed_arguments: &self.sealed_arguments(id, call)?,
            call_hash: &call.hash(),
            now,
            expires_at: now + LIFETIME,
        };
        if !store::insert_undo(&mut *connection, &new).await? {
            return Ok(None);
        }
        let decided = store::decide_approval(&mut *connection, call.user, id, true, now).await?;
        decided.then_some(Some(id)).ok_or(Error::NotFound("approval"))
    }

    /// How these changes were taken back, and what these took back, by the approval of the change.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn undone(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        ids: &[ApprovalId],
    ) -> Result<HashMap<ApprovalId, Undone>, Error> {
        let rows = store::undoing(&mut *connection, user, ids).await?;
        if rows.is_empty() {
            return Ok(HashMap::new());
        }
        let by: Vec<ApprovalId> = rows.iter().map(|row| row.id).collect();
        let proposals = self.proposals(&mut *connection, user, &by).await?;
        let mut proposals: HashMap<ApprovalId, Proposal> =
            proposals.into_iter().map(|proposal| (proposal.id, proposal)).collect();
        let undone = rows.into_iter().filter_map(|row| {
            let by = proposals.remove(&row.id)?;
            Some((row.undoes, Undone { by, calls: (row.call, row.undone_call) }))
        });
        Ok(undone.collect())
    }
}

fn why_not(proposal: &Proposal) -> String {
    let service = proposal.call.tool.service();
    match proposal.state {
        ProposalState::Done => {
            format!(
                "Aura cannot undo this: {service} offers no way, or the account is another one now. Change it there."
            )
        }
        ProposalState::Unknown => {
            format!("{service} did not confirm this change, so Aura cannot undo it. Look there, and change it there.")
        }
        ProposalState::UnderWay => {
            format!("{service} has not answered yet. Wait until this change is done, then undo it.")
        }
        _ => "This was not done, so there is nothing to undo.".to_owned(),
    }
}
