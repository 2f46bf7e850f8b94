//! Text messages by Amazon SNS (docs.aws.amazon.com/sns/latest/api/API_Publish.html).
//!
//! Who we are there is found by the SDK's usual chain: environment, profile, web identity, container, instance. Nothing
//! of the settings of Aura is among that but the region.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_sdk_sns::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    operation::publish::PublishError,
    types::MessageAttributeValue,
};

use super::{TextError, TextMessenger};
use crate::{
    kit::id::TextMessageId,
    platform::http::{Http, aws_sdk},
};

/// Whether this build can send by SNS.
pub(super) const BUILT_IN: bool = true;

struct Sns {
    client: Client,
    region: String,
}

/// A way to SNS in this region. Nothing is asked there before the first message.
pub(super) async fn messenger(http: &Http, region: &str) -> Option<Arc<dyn TextMessenger>> {
    let settings = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_sdk::client(http))
        .region(Region::new(region.to_owned()))
        // The outbox repeats, and knows for how long that is of use.
        .retry_config(RetryConfig::disabled())
        .load()
        .await;
    Some(Arc::new(Sns { client: Client::new(&settings), region: region.to_owned() }))
}

#[async_trait]
impl TextMessenger for Sns {
    async fn send(&self, _: TextMessageId, to: &str, text: &str) -> Result<Option<String>, TextError> {
        // Codes go before advertisements.
        let kind = MessageAttributeValue::builder().data_type("String").string_value("Transactional").build();
        let kind = kind.map_err(|_| TextError::Broken("the kind of message"))?;
        let publish = self.client.publish().phone_number(to).message(text);
        match publish.message_attributes("AWS.SNS.SMS.SMSType", kind).send().await {
            Ok(taken) => Ok(taken.message_id().map(|id| id.chars().take(100).collect())),
            Err(error) => Err(sorted(&error)),
        }
    }
}

/// The words of the service can hold the number, so only its codes are told.
fn sorted(error: &SdkError<PublishError>) -> TextError {
    match error {
        SdkError::TimeoutError(_) => TextError::Late,
        SdkError::DispatchFailure(failed) if failed.is_timeout() => TextError::Late,
        SdkError::DispatchFailure(failed) if failed.is_io() => {
            TextError::NotTaken("it could not be reached, or broke off".to_owned())
        }
        SdkError::DispatchFailure(_) => {
            TextError::NotTaken("the credentials were not found; check the role or profile of this machine".to_owned())
        }
        SdkError::ServiceError(told) => {
            let code = told.err().code().unwrap_or_default();
            let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
            match code.as_str() {
                // About this number or this message; the rest passes, or is for the operator to mend.
                "InvalidParameter"
                | "InvalidParameterValue"
                | "ParameterValueInvalid"
                | "OptedOut"
                | "OptedOutException"
                | "ValidationException" => TextError::Refused(code),
                _ => TextError::NotTaken(format!("{code} ({})", told.raw().status().as_u16())),
            }
        }
        _ => TextError::NotTaken("its answer could not be read".to_owned()),
    }
}

impl fmt::Display for Sns {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "by SNS in {}", self.region)
    }
}
