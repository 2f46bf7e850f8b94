//! What a team is made of.

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything, including giving the team away.
    Owner,
    /// Everything but that.
    Admin,
    /// Uses what the team pays for.
    Member,
}

impl Role {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}
