//! The parts of the settings and profile pages.

mod settings_frame;

pub use settings_frame::SettingsFrame;
