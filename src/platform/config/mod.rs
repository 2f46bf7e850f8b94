//! Configuration: the environment, read once into typed settings. Everything that is wrong is said in one message, and
//! what is merely absent is said at start.

mod environment;
mod error;
mod hosts;
mod reader;
mod settings;
mod variable;
mod variables;

pub use self::{
    environment::Environment,
    error::{ConfigError, ConfigErrors},
    hosts::HostOverrides,
    reader::sealing::key_maker,
    settings::{
        BedrockKeys, BedrockSettings, BillingSettings, BucketSettings, ClientCredentials, DatabaseSettings, FileLimits,
        FileSettings, LastfmSettings, LimitSettings, LimitStoreSettings, MailSettings, ModelReads, ModelSettings,
        ModelWire, PrivySettings, Settings, SignUpPolicy, StripeSettings, TextMessageSettings, TextMessageWay,
        TokenSettings,
    },
    variable::{Need, VARIABLES, Variable},
    variables::Variables,
};
use crate::platform::crypto::SealingKeys;
