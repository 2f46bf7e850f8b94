//! What a team is made of, and who may do what in it.

use serde::{Deserialize, Serialize};

pub use crate::account::model::NameFault;
use crate::{
    account::model::display_name,
    kit::id::{TeamId, TeamInvitationId, UserId},
};

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, including giving the team away. Each team has one.
    Owner,
    /// Invites and removes members.
    Admin,
    /// Uses what the team pays for.
    Member,
}

/// Something that is done in a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Looking at it and its members.
    See,
    Leave,
    /// Inviting somebody as this, and sending such an invitation again.
    Invite(Role),
    /// Taking an invitation back.
    Revoke,
    /// Removing somebody who is this.
    Remove(Role),
    /// Making a member an admin, or an admin a member.
    SetRole,
    Rename,
    /// Giving the team to another member.
    Transfer,
    Close,
}

impl Role {
    /// All of them, the most powerful first.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Admin, Self::Member];

    /// The word in the database and in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// From that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// As people read it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Admin => "Admin",
            Self::Member => "Member",
        }
    }

    /// Whether a member of this role may do it, in a team of several people.
    #[must_use]
    pub fn may(self, act: Act) -> bool {
        match act {
            Act::See => true,
            // Somebody has to answer for the team: its owner gives it away or closes it.
            Act::Leave => self != Self::Owner,
            Act::Invite(Self::Owner) | Act::Remove(Self::Owner) => false,
            Act::Invite(Self::Member) | Act::Revoke | Act::Remove(Self::Member) => self != Self::Member,
            Act::Invite(Self::Admin)
            | Act::Remove(Self::Admin)
            | Act::SetRole
            | Act::Rename
            | Act::Transfer
            | Act::Close => self == Self::Owner,
        }
    }
}

/// Whether this is done in a personal team at all: it has one member for ever.
#[must_use]
pub fn is_personal_act(act: Act) -> bool {
    matches!(act, Act::See | Act::Rename)
}

/// A team's name as it is kept: on one line, with something to read, at most 100 characters.
///
/// # Errors
/// When nothing is left to read, or too much.
pub fn name(typed: &str) -> Result<String, NameFault> {
    display_name(typed)
}

/// A team of a person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    /// What they are in it.
    pub role: Role,
    /// It is theirs alone.
    pub personal: bool,
}

/// What the switcher shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTeams {
    /// The personal one first, then by name.
    pub teams: Vec<Team>,
    /// Whose new conversations are.
    pub chosen: TeamId,
}

impl OwnTeams {
    /// The chosen one.
    #[must_use]
    pub fn chosen(&self) -> Option<&Team> {
        self.teams.iter().find(|team| team.id == self.chosen)
    }
}

/// Somebody in a team, as one of its members sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: UserId,
    pub name: String,
    /// Where their picture is.
    pub avatar: Option<String>,
    /// Their address, for those who manage the team.
    pub email: Option<String>,
    pub role: Role,
    /// In words, in the viewer's time zone.
    pub joined: String,
    pub is_viewer: bool,
}

/// An invitation that waits, as those see it who may invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: TeamInvitationId,
    pub email: String,
    pub role: Role,
    /// In words: «sent 5 minutes ago».
    pub sent: String,
    /// In words: «until 12 March», or that it is over.
    pub until: String,
}

/// The page of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamPage {
    pub team: Team,
    pub members: Vec<Member>,
    /// Those that wait; none for who may not invite.
    pub invitations: Vec<Invitation>,
    /// For how many members there is room.
    pub seats: u32,
    /// All teams of the viewer.
    pub own: OwnTeams,
    /// The address that was typed into a form that was refused.
    pub typed: String,
}

impl TeamPage {
    /// Whether the viewer may do this here. The server decides anew when they do it.
    #[must_use]
    pub fn may(&self, act: Act) -> bool {
        self.team.role.may(act) && (!self.team.personal || is_personal_act(act))
    }

    /// «3 of 5 seats».
    #[must_use]
    pub fn seats_taken(&self) -> String {
        let noun = if self.seats == 1 { "seat" } else { "seats" };
        format!("{} of {} {noun}", self.members.len(), self.seats)
    }
}

/// What the link of an invitation leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Joining {
    /// No secret came with it, or none of ours.
    Unknown,
    /// It cannot be used any more; a sentence says why.
    Over(String),
    /// It waits.
    Open {
        team: String,
        inviter: Option<String>,
        /// The address it is for; mostly hidden from everybody but its owner.
        address: String,
        viewer: Joiner,
    },
}

/// Who looks at an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Joiner {
    /// Somebody who is not signed in.
    Nobody,
    /// Somebody with another address.
    Another,
    /// Whom it is for.
    Invited,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_survives_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!(Role::parse("root"), None);
    }

    #[test]
    fn nobody_makes_or_removes_an_owner() {
        for role in Role::ALL {
            assert!(!role.may(Act::Invite(Role::Owner)) && !role.may(Act::Remove(Role::Owner)));
        }
        assert!(!Role::Owner.may(Act::Leave));
    }

    #[test]
    fn a_name_is_one_readable_line() {
        assert_eq!(name("  The \n Band\u{202e} ").as_deref(), Ok("The Band"));
        assert_eq!(name(" \u{200b}"), Err(NameFault::Empty));
        assert_eq!(name(&"x".repeat(101)), Err(NameFault::TooLong));
    }
}
