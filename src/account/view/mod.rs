//! The parts of the settings and profile pages.

mod account_facts;
mod handle_setting;
mod look_setting;
mod name_setting;
mod picture_setting;
mod saved;
mod settings_frame;
mod zone_setting;

pub use account_facts::{AccountFacts, WayRows};
pub use handle_setting::HandleSetting;
pub use look_setting::LookSetting;
pub use name_setting::NameSetting;
pub use picture_setting::PictureSetting;
pub use saved::Saved;
pub use settings_frame::SettingsFrame;
pub use zone_setting::ZoneSetting;
