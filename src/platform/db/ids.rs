//! How typed identifiers and moments meet Postgres.

use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef},
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::{
    id::{self, Id as _},
    time::Timestamp,
};

macro_rules! stored {
    ($($name:ident)*) => {$(
        impl From<id::$name> for Uuid {
            fn from(id: id::$name) -> Self {
                Uuid::from_bytes(id.bytes())
            }
        }

        impl From<Uuid> for id::$name {
            fn from(id: Uuid) -> Self {
                Self::from_bytes(id.into_bytes())
            }
        }

        impl Type<Postgres> for id::$name {
            fn type_info() -> PgTypeInfo {
                <Uuid as Type<Postgres>>::type_info()
            }
        }

        impl PgHasArrayType for id::$name {
            fn array_type_info() -> PgTypeInfo {
                <Uuid as PgHasArrayType>::array_type_info()
            }
        }

        impl Encode<'_, Postgres> for id::$name {
            fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                <Uuid as Encode<Postgres>>::encode_by_ref(&Uuid::from(*self), buffer)
            }
        }

        impl Decode<'_, Postgres> for id::$name {
            fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
                <Uuid as Decode<Postgres>>::decode(value).map(Self::from)
            }
        }
    )*};
}

stored! { UserId SessionId CeremonyId IdentityId EmailChangeId InvitationId WebhookEventId TeamId TeamInvitationId ConnectionId ApprovalId NeedId ToolCallId ConversationId ConversationShareId MessageId RunId ToolResultId MailId AuditId DeviceId RefreshTokenId VerificationId NotificationId FileId ApiKeyId OwnAppId IdempotencyKeyId AppVersionId TextMessageId StatusId MailboxRecoveryId WebhookEndpointId WebhookDeliveryId CheckoutId BillingActId MusicSourceId MusicArtistId MusicAlbumId MusicTrackId MusicPlayId MusicImportId MusicProfileReportId MusicPlaylistId MusicExportId }

impl From<OffsetDateTime> for Timestamp {
    fn from(moment: OffsetDateTime) -> Self {
        Self(i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX))
    }
}
