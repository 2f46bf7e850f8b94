use std::sync::Arc;

use super::TextMessenger;
use crate::platform::http::Http;

/// Whether this build can send by SNS.
pub(super) const BUILT_IN: bool = false;

/// None: this build has no SDK.
#[expect(clippy::unused_async, reason = "the way that it stands for waits")]
pub(super) async fn messenger(_: &Http, _: &str) -> Option<Arc<dyn TextMessenger>> {
    None
}
