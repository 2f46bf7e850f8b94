//! Typed identifiers: UUIDs of version 7 (RFC 9562), so that ids sort by the time they were made.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// What all identifier types can do; generic code makes and reads them through this.
pub trait Id: Copy {
    /// Wraps the sixteen bytes of a UUID.
    fn from_bytes(bytes: [u8; 16]) -> Self;
    /// The sixteen bytes of the UUID.
    fn bytes(self) -> [u8; 16];
}

/// The text was not a UUID in its hyphenated form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not an identifier")
    }
}

impl std::error::Error for InvalidId {}

/// Lays out a version 7 UUID from a time in milliseconds and ten random bytes.
#[must_use]
pub fn version_7(milliseconds: u64, random: [u8; 10]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    bytes
}

fn write_hyphenated(bytes: [u8; 16], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            formatter.write_str("-")?;
        }
        write!(formatter, "{byte:02x}")?;
    }
    Ok(())
}

fn parse_hyphenated(text: &str) -> Result<[u8; 16], InvalidId> {
    let text = text.as_bytes();
    if text.len() != 36 || [8, 13, 18, 23].iter().any(|&at| text[at] != b'-') {
        return Err(InvalidId);
    }
    let mut digits = text.iter().filter(|&&byte| byte != b'-');
    let mut digit = || {
        let byte = digits.next().ok_or(InvalidId)?;
        (*byte as char).to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(InvalidId)
    };
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = (digit()? << 4) | digit()?;
    }
    Ok(bytes)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl Id for $name {
            fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
            fn bytes(self) -> [u8; 16] {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hyphenated(self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hyphenated(self.0, formatter)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_hyphenated(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A person with an account.
    UserId;
    /// A signed-in browser or app.
    SessionId;
    /// One attempt to sign in.
    CeremonyId;
    /// An account elsewhere that a person signs in with.
    IdentityId;
    /// A replacement of an address that can be undone.
    EmailChangeId;
    /// An invitation to make an account.
    InvitationId;
    /// A post of an outside service.
    WebhookEventId;
    /// A team; everybody has a personal one.
    TeamId;
    /// An invitation to a team.
    TeamInvitationId;
    /// An account at an outside service, connected to a user.
    ConnectionId;
    /// A person's decision about one proposed write.
    ApprovalId;
    /// Something that an answer cannot go on without.
    NeedId;
    /// One call of a tool, as the person's log has it.
    ToolCallId;
    /// A conversation.
    ConversationId;
    /// A link by which anybody may read a conversation.
    ConversationShareId;
    /// A message of a conversation.
    MessageId;
    /// One answer in the making.
    RunId;
    /// What one tool read for an answer.
    ToolResultId;
    /// A mail waiting to be sent.
    MailId;
    /// A line of the audit log.
    AuditId;
    /// A device that an app runs on.
    DeviceId;
    /// One of the tokens that renew a program's session.
    RefreshTokenId;
    /// A code that was sent to prove an address or a number.
    VerificationId;
    /// Something that a person is told.
    NotificationId;
    /// A file that a person keeps here.
    FileId;
    /// A key with which a program acts for a person.
    ApiKeyId;
    /// An app that a person has registered at a service.
    OwnAppId;
    /// A request that may arrive twice.
    IdempotencyKeyId;
    /// A published version of an app.
    AppVersionId;
    /// A text message waiting to be sent.
    TextMessageId;
    /// A change of an account's status.
    StatusId;
    /// A wish for another address of an account whose mailbox is lost.
    MailboxRecoveryId;
    /// An address of a person's own that events are posted to.
    WebhookEndpointId;
    /// One event on its way to such an address.
    WebhookDeliveryId;
    /// An attempt to buy a plan.
    CheckoutId;
    /// What an operator does about a team's money.
    BillingActId;
    /// An account that plays are read from, or files of one kind.
    MusicSourceId;
    /// An artist, in one person's catalogue.
    MusicArtistId;
    /// An album, in one person's catalogue.
    MusicAlbumId;
    /// A track, in one person's catalogue.
    MusicTrackId;
    /// One time that something was played.
    MusicPlayId;
    /// A file of plays that a person brought.
    MusicImportId;
    /// What somebody told about a profile.
    MusicProfileReportId;
    /// A playlist that a person has made.
    MusicPlaylistId;
    /// A playlist on its way to an account at a music service.
    MusicExportId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = UserId::from_bytes(version_7(1_700_000_000_000, [0xff; 10]));
        let text = id.to_string();
        assert_eq!(text, "018bcfe5-6800-7fff-bfff-ffffffffffff");
        assert_eq!(text.parse::<UserId>(), Ok(id));
    }

    #[test]
    fn nothing_else_is_an_id() {
        for text in [
            "",
            "018bcfe568007fffbfffffffffffffff",
            "018bcfe5-6800-7fff-bfff-fffffffffffg",
            "018bcfe5-6800-7fff-bfff-fffffffffffé",
        ] {
            assert!(text.parse::<UserId>().is_err(), "{text}");
        }
    }
}
